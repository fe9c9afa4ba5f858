const MESSAGES = {
  'not-utf8': 'The command is not UTF-8',
  'control-character': 'The command holds a control character',
  'no-number': 'A number is needed',
} as const

export type Pop3SyntaxCode = keyof typeof MESSAGES

/** A line that follows no rule of RFC 2449 section 3. */
export class Pop3SyntaxError extends Error {
  override name = 'Pop3SyntaxError'
  readonly code: Pop3SyntaxCode

  constructor(code: Pop3SyntaxCode) {
    super(MESSAGES[code])
    this.code = code
  }
}
