/** What stands in the way of a goal that is not met: a line of docs/performance.md as long as it is not. By row. */
export const NOTES: Readonly<Record<string, string>> = {
  'smtp-1':
    'Of about 1 ms a third is the writer, most of it `pwrite` and `fdatasync` of one commit a message; the rest is the main thread: sockets, commands, hashing and scanning, and messages to the writer.',
  'smtp-10': 'As with one connection; more messages share a commit.',
  'smtp-50': 'As with one connection; more messages share a commit.',
  pop3: 'Each RETR asks a reader thread for its message; what goes between the threads, and the garbage of it, is a third of the main thread.',
  'pop3-pipelined': 'As one by one.',
  mixed:
    'A quarter of the acts is a message that comes in over a connection of its own, and its text is indexed within the time that is measured; Dovecot as it is here indexes none.',
}
