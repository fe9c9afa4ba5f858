export type StartErrorCode =
  | 'data-dir' // missing and not to be made, or not ours to write
  | 'already-running' // another process holds the data folder
  | 'no-data' // nothing was ever made there
  | 'newer-schema' // written by a newer version of the program
  | 'disk' // full, failing, or held by another program
  | 'bad-store' // the database cannot be opened, and may be damaged
  | 'bad-backup' // not a backup of ours, or damaged
  | 'wire-dir' // no transcripts can be written
  | 'secret' // a file with a secret cannot be read
  | 'log-file' // the log cannot be written
  | 'metrics' // the port for metrics is taken

/** Why a server does not start. The message is one line that names the thing and the remedy. */
export class StartError extends Error {
  override name = 'StartError'
  readonly code: StartErrorCode

  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
