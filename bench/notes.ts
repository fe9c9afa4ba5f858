/** What stands in the way of a goal that is not met: a line of docs/performance.md as long as it is not. By row. */
export const NOTES: Readonly<Record<string, string>> = {
  'smtp-1':
    "On the main thread a quarter of the CPU is `postMessage` to the writer, a sixth are writes of replies; the writer's own is `COMMIT` with its fsync, and inserts.",
  'smtp-10': 'As with one connection; more messages share a commit.',
  'smtp-50': 'As with one connection; more messages share a commit.',
  'list-status':
    'A reader thread lists all mailboxes of the account anew for each command; half of its CPU is SQLite, a third `postMessage` of the rows to the main thread.',
  pop3: 'Each RETR asks a reader thread for its chunks; messages between the threads are a fifth of what the main thread computes, their garbage a sixth.',
  'pop3-pipelined': 'As one by one.',
  bodies: 'Each chunk is copied from SQLite to a buffer, and goes from the reader to the main thread.',
}
