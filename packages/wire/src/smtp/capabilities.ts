import type { PeerReply } from './reply-parser.ts'

/** What a server's answer to EHLO offers, as far as a client makes use of it. */
export interface Capabilities {
  readonly pipelining: boolean
  /** RFC 1870: the largest message in octets; infinite when it names none. `undefined`: SIZE is not offered. */
  readonly size: number | undefined
  readonly eightBitMime: boolean
  readonly smtpUtf8: boolean
  readonly dsn: boolean
  readonly chunking: boolean
  readonly binaryMime: boolean
  readonly startTls: boolean
  readonly requireTls: boolean
  /** RFC 2852: the shortest time in seconds that it promises; 0 when it names none. `undefined`: DELIVERBY is not offered. */
  readonly deliverBy: number | undefined
  /** Mechanisms in upper case, in the server's order. */
  readonly auth: readonly string[]
  /** RFC 9422: transactions of a connection, recipients and recipient domains of a transaction. */
  readonly mailMax: number | undefined
  readonly rcptMax: number | undefined
  readonly rcptDomainMax: number | undefined
}

/** Keywords and their parameters in upper case. The first line names the server, what follows is ehlo-line (RFC 5321 section 4.1.1.1). */
export function parseCapabilities({ lines }: Pick<PeerReply, 'lines'>): Capabilities {
  const keywords = new Map<string, readonly string[]>()
  for (const line of lines.slice(1)) {
    // "AUTH=LOGIN" is what servers said before RFC 2554, and some say still.
    const [keyword = '', ...parameters] = line
      .trim()
      .toUpperCase()
      .replace(/^AUTH=/, 'AUTH ')
      .split(/ +/)
    keywords.set(keyword, [...(keywords.get(keyword) ?? []), ...parameters])
  }
  const limits = keywords.get('LIMITS') ?? []
  return {
    pipelining: keywords.has('PIPELINING'),
    size: sizeLimit(keywords.get('SIZE')),
    eightBitMime: keywords.has('8BITMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    dsn: keywords.has('DSN'),
    chunking: keywords.has('CHUNKING'),
    binaryMime: keywords.has('BINARYMIME'),
    startTls: keywords.has('STARTTLS'),
    requireTls: keywords.has('REQUIRETLS'),
    deliverBy: shortest(keywords.get('DELIVERBY')),
    auth: [...new Set(keywords.get('AUTH') ?? [])],
    mailMax: limit(limits, 'MAILMAX'),
    rcptMax: limit(limits, 'RCPTMAX'),
    rcptDomainMax: limit(limits, 'RCPTDOMAINMAX'),
  }
}

/** RFC 1870 section 3: zero, and nothing, mean that there is no fixed maximum. */
function sizeLimit(parameters: readonly string[] | undefined): number | undefined {
  if (parameters === undefined) return undefined
  const [text = ''] = parameters
  return /^\d{1,20}$/.test(text) && Number(text) > 0 ? Number(text) : Number.POSITIVE_INFINITY
}

/** RFC 2852 section 2: min-by-time *( ',' extension-token ) */
function shortest(parameters: readonly string[] | undefined): number | undefined {
  return parameters === undefined ? undefined : Number(/^\d{1,9}(?=,|$)/.exec(parameters[0] ?? '')?.[0] ?? 0)
}

/** RFC 9422 section 4: what is no positive number is as if it were not there. */
function limit(parameters: readonly string[], name: string): number | undefined {
  const text = parameters.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined
}
