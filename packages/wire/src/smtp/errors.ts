/** What is wrong with a command line; each protocol reply table decides on the words and codes. */
export type SmtpSyntaxCode =
  | 'syntax' // the line does not follow the grammar
  | 'bad-mailbox' // an address that does not follow the grammar
  | 'too-long' // a local part, domain or path over RFC 5321 section 4.5.3.1
  | 'needs-smtputf8' // UTF-8 in an address without the SMTPUTF8 parameter
  | 'unknown-parameter' // RFC 5321 section 4.1.1.11
  | 'bad-parameter' // a known parameter with a value it cannot have, or given twice

/** The message is fit for the client. */
export class SmtpSyntaxError extends Error {
  override name = 'SmtpSyntaxError'
  readonly code: SmtpSyntaxCode

  constructor(code: SmtpSyntaxCode, message: string) {
    super(message)
    this.code = code
  }
}
