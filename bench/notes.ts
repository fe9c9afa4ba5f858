/** What stands in the way of a goal that is not met: a line of docs/performance.md as long as it is not. By row. */
export const NOTES: Readonly<Record<string, string>> = {
  'smtp-1':
    'One message a commit: the writer takes a third, most of it `pwrite` and `fsync`; the rest is the main thread, at each of three wake-ups.',
  'smtp-10':
    'The CPU is where it is to be; the rate is bounded by one core, which the main thread and the writer share with everything else here.',
  'smtp-50': 'As with ten connections.',
  'smtp-new':
    'The main thread takes half, the writer a fifth, V8’s threads a seventh; seven replies, each written by itself, are an eighth of the main thread, accepting a connection a sixteenth, the rest is spread thin.',
  'smtp-large': 'The main thread reads, hashes and scans as octets arrive; the rest is copying them into the database, in five commits.',
  append:
    'The main thread (sockets, literals, the index of the mailbox) takes a third, the writer with its commit another; indexing and compiling the rest.',
  'append-pipelined': 'Half is the main thread, a third the writer, a sixth V8’s threads; nothing stands out in the profile.',
  'append-multi': 'As pipelined. Maildir syncs its files once for all of a command, and keeps no rows.',
  'headers-first':
    'What is asked for was made when the mail came; reading the rows is what it costs, 8 µs each in SQLite once compiled. What is told again comes from memory.',
  'envelopes-first': 'As headers.',
  bodies:
    'Octets are copied from the page cache to SQLite, to a buffer, to the socket: the kernel takes 46 %, a third of that for reading 4 KiB at a time, and a message between two threads on one core a tenth.',
  login: 'Spread over accepting, greeting, logging in, selecting and closing.',
  status: 'One read, one write, no thread: more than a third is the kernel, the rest Node, its streams and its compiler.',
  'list-status': 'Answered from memory: what is left is going through the names and printing.',
  'store-all':
    'Rows in a database, each with a number of its change, beside a file of flags that is rewritten and not synced. Two thirds are the writer’s, half of it SQLite’s interpreter.',
  store:
    'A commit of its own, three pages and one sync, and two turns between threads: an echo through a thread that writes as much, without SQLite and IMAP, takes 0.12 to 0.17.',
  'search-subject': 'Answered from memory once a field was searched ten times; most of what is left is the loop over the messages.',
  'search-from': 'As SUBJECT.',
  'sort-subject': 'The CPU is where it is to be; the rate all but.',
  'sort-from': 'As SUBJECT.',
  thread: 'All is computed from numbers in memory, each time.',
  copy: 'Row by row in SQLite: 0.9 µs each for inserting from the table itself; the rest is counting, telling and answering.',
  move: 'As COPY, and for each message a tombstone, so that others hear what vanished: 0.66 µs with its two indexes, and 0.34 for deleting, most of that for foreign keys.',
  expunge: 'A tombstone for each message, with two entries in indexes.',
  'move-one': 'One commit, synced, of seven pages.',
  pop3: 'Messages are read ahead, 64 together; what is left is a command and a write each in Node.',
  'pop3-pipelined': 'As one by one.',
  'idle-many': 'Measured behind all that was done before, with what is remembered of it. A session takes what the first figure says.',
  mixed:
    'Messages that come in, each over a connection of its own, take 60 % of the CPU, and their text is indexed within the time that is measured, which Dovecot as it is here does not. At 100 acts a second each costs up to four times what it does one behind the other: code is not compiled yet, caches are cold. While the main thread is ready and waits, it is for the writer, 14 to 20 ms a second, and V8’s threads, 7 to 12.',
  start: 'On one core, with a database of a million messages; loading some 900 modules is the largest part.',
  'leave-one': 'Sockets, commands, a commit for what comes and one for what has left.',
  'leave-signed': 'Two signatures, one of them RSA, and the message read twice for them.',
  'leave-many': 'As to one destination, with a connection for each.',
  'leave-recipients': 'A row and a line of the trace for each recipient, and as much again for what became of it.',
  'leave-deferred': 'As to one destination; nothing is spent on those who wait.',
}
