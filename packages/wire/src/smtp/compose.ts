/** What a client says of a message in MAIL. Values are as they stand on the wire: `envid` is xtext. */
export interface MailLine {
  /** Empty: the null reverse-path. */
  readonly reversePath: string
  readonly size?: number
  readonly body?: '7BIT' | '8BITMIME' | 'BINARYMIME'
  readonly smtpUtf8?: boolean
  readonly ret?: 'FULL' | 'HDRS'
  readonly envid?: string
  readonly requireTls?: boolean
  /** RFC 2852: `120;R`. */
  readonly by?: string
  /** RFC 4954 section 5, xtext or `<>`. */
  readonly auth?: string
}

/** What a client says of a recipient in RCPT; `orcpt` as it stands on the wire. */
export interface RcptLine {
  readonly forwardPath: string
  readonly notify?: readonly string[]
  readonly orcpt?: string
}

/** With its CRLF. */
export function formatMail({ reversePath, size, body, smtpUtf8, ret, envid, requireTls, by, auth }: MailLine): string {
  return command(`MAIL FROM:<${reversePath}>`, [
    ['SIZE', size],
    ['BODY', body],
    ['SMTPUTF8', smtpUtf8],
    ['RET', ret],
    ['ENVID', envid],
    ['REQUIRETLS', requireTls],
    ['BY', by],
    ['AUTH', auth],
  ])
}

/** With its CRLF. */
export function formatRcpt({ forwardPath, notify, orcpt }: RcptLine): string {
  return command(`RCPT TO:<${forwardPath}>`, [
    ['NOTIFY', notify?.join(',')],
    ['ORCPT', orcpt],
  ])
}

function command(text: string, parameters: readonly (readonly [string, string | number | boolean | undefined])[]): string {
  const given = parameters.filter(([, value]) => value !== undefined && value !== false)
  return `${line([text, ...given.map(([keyword, value]) => (value === true ? keyword : `${keyword}=${value}`))].join(' '))}\r\n`
}

/** Throws RangeError: an address with a line's end in it would begin a command of its own. */
function line(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new RangeError('a control character in an SMTP command')
  return text
}
