/** What stands in the way of a goal that is not met: a line of docs/performance.md as long as it is not. By row. */
export const NOTES: Readonly<Record<string, string>> = {
  status:
    'A message to a reader thread and back for each command: `postMessage` is half of what the main thread does here, and half of what the reader does. ' +
    'What a mailbox row that is remembered could answer would need neither.',
  'list-status': 'As STATUS; the row of the answer is made anew for each mailbox.',
  pop3: 'Each RETR asks a reader thread for its chunks; messages between the threads, and their garbage, are half of the CPU. Dovecot reads a file.',
  'pop3-pipelined': 'As one by one.',
  bodies: 'Each chunk is copied from SQLite to a buffer, and goes from the reader to the main thread; Dovecot sends files.',
}
