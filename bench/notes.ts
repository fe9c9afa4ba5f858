/** What stands in the way of a goal that is not met: a line of docs/performance.md as long as it is not. By row. */
export const NOTES: Readonly<Record<string, string>> = {
  'smtp-1':
    'One message a commit: the writer takes a third, most of it `pwrite` and `fdatasync`; the rest is the main thread, with cold caches at each of three wake-ups. It is measured first, on code that runs for the first time: the 400 messages that come before it is compiled cost half as much again.',
  'smtp-10':
    'The CPU is where it is to be; the rate is bounded by one core, which the main thread and the writer share with everything else here.',
  'smtp-50': 'As with ten connections.',
  'smtp-new': 'A connection costs half as much again as its message does: accepting it, its limits, its greeting, closing it.',
  'smtp-large':
    'The main thread takes more than half: it reads, hashes and scans as octets arrive; the rest is copying them into the database.',
  append:
    'The main thread (sockets, literals, the index of the mailbox) takes a third, the writer with its commit another; indexing and compiling the rest.',
  'append-pipelined': 'Many messages share a commit; what is left for each is its scan, its rows and its pages.',
  'append-multi': 'As pipelined; Maildir shares one sync among all of a command, and keeps no rows.',
  'headers-first':
    'What is asked for was made when the mail came; reading the rows is what it costs, and a third of it is code that is compiled because it runs for the first time: later it takes a tenth.',
  'envelopes-first': 'As headers.',
  bodies: 'Octets are copied from the page cache to SQLite, to a buffer, to the socket; a bit more than a third is the kernel.',
  login: 'A tenth is the time of the login, which the writer notes; the rest is spread over accepting, greeting, selecting and closing.',
  status: 'One read, one write, no thread: more than a third is the kernel, the rest Node, its streams and its compiler.',
  'list-status': 'Answered from memory; what is left is printing.',
  'store-all': 'Rows in a database, each with a number of its change, beside a file of flags that is rewritten and not synced.',
  store: 'A commit of its own, synced, and two turns between threads.',
  'search-subject':
    'The index names the messages that may match; their rows are read and looked at by another thread, where SORT has its keys in memory.',
  'search-from': 'As SUBJECT.',
  'sort-subject': 'The CPU is where it is to be; the rate all but.',
  'sort-from': 'As SUBJECT.',
  thread: 'All is computed from numbers in memory, each time; two thirds are the algorithm, the rest its text.',
  copy: 'Rows in a database, 0.7 µs each in SQLite itself; the rest is taking rows apart and putting them together in JavaScript.',
  move: 'As COPY, and for each message a tombstone, so that others hear what vanished.',
  expunge: 'A tombstone for each message, with two entries in indexes.',
  'move-one': 'One commit, synced, of some ten pages.',
  pop3: 'Messages are read ahead, 64 together; what is left is a command and a write each in Node, where a sixth is its compiler.',
  'pop3-pipelined': 'As one by one.',
  'idle-many':
    'Measured behind all that was done before, with what is remembered of it. A session takes what the first figure says; a server that has done nothing else has less than 120 MB beside them.',
  mixed:
    'A quarter of the acts is a message that comes in over a connection of its own, and its text is indexed within the time that is measured; Dovecot as it is here indexes none.',
  start:
    'On one core, with a database of a million messages. Finding and compiling some hundred modules is most of it; an empty server on two cores takes 500 to 600 ms.',
  'leave-one': 'Measured first, on code that runs for the first time: once it is compiled the same takes 0.9, as the rows below it show.',
  'leave-signed': 'Two signatures, one of them RSA, and the message read twice for them.',
  'leave-many': 'Connections: each destination has its own. The code is compiled by then.',
  'leave-recipients': 'A row and a line of the trace for each recipient, and as many of what became of it.',
  'leave-deferred': 'Sockets, commands, a commit for what comes and one for what has left; nothing is spent on those who wait.',
}
