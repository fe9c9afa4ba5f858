/** Octets that are not IMAP. `offset` counts from the command's first argument; the message is fit for the client. */
export class ImapSyntaxError extends Error {
  override name = 'ImapSyntaxError'
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}
