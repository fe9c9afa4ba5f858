import { SmtpSyntaxError } from './errors.ts'
import type { Announced, EsmtpParameters } from './parameters.ts'
import { decodeXtext, parseEnvid } from './xtext.ts'

/** What the parameters of MAIL ask for. Absent: not given. */
export interface MailParameters {
  /** Octets the client declares (RFC 1870). */
  readonly size?: number
  /** RFC 6152, RFC 3030. */
  readonly body?: '7BIT' | '8BITMIME' | 'BINARYMIME'
  /** RFC 6531. */
  readonly smtpUtf8?: true
  /** RFC 3461 section 4.3. */
  readonly ret?: 'FULL' | 'HDRS'
  /** RFC 3461 section 4.4: as sent, xtext, for it goes on as it came. */
  readonly envid?: string
  /** RFC 8689. */
  readonly requireTls?: true
  /** RFC 4865: seconds to wait, or the time (milliseconds since 1970) to wait for; `request` as a report names it. */
  readonly hold?: { readonly request: string } & ({ readonly seconds: number } | { readonly until: number })
  /** RFC 2852 section 4. */
  readonly by?: DeliverBy
  /** RFC 6710: -9 to 9. */
  readonly priority?: number
}

export interface DeliverBy {
  /** Negative: so long ago. */
  readonly seconds: number
  readonly mode: 'return' | 'notify'
  readonly trace: boolean
}

interface Parameter {
  /** The keyword of EHLO that announces it. */
  readonly extension: string
  /** `undefined`: a value it cannot have. */
  read(value: string | undefined): MailParameters | undefined
}

const oneOf = <T extends string>(values: readonly T[], value: string | undefined): T | undefined =>
  values.find((each) => each === value?.toUpperCase())

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  // RFC 1870 section 4: size-value = 1*20DIGIT
  SIZE: { extension: 'SIZE', read: (value = '') => (/^\d{1,20}$/.test(value) ? { size: Number(value) } : undefined) },
  BODY: {
    extension: '8BITMIME',
    read(value) {
      const body = oneOf(['7BIT', '8BITMIME', 'BINARYMIME'], value)
      return body && { body }
    },
  },
  SMTPUTF8: { extension: 'SMTPUTF8', read: (value) => (value === undefined ? { smtpUtf8: true } : undefined) },
  // RFC 4954 section 5: who announces AUTH takes AUTH=; nothing is made of it.
  AUTH: { extension: 'AUTH', read: (value) => (value === undefined || decodeXtext(value) === undefined ? undefined : {}) },
  RET: {
    extension: 'DSN',
    read(value) {
      const ret = oneOf(['FULL', 'HDRS'], value)
      return ret && { ret }
    },
  },
  ENVID: { extension: 'DSN', read: (value) => (value === undefined || parseEnvid(value) === undefined ? undefined : { envid: value }) },
  REQUIRETLS: { extension: 'REQUIRETLS', read: (value) => (value === undefined ? { requireTls: true } : undefined) },
  HOLDFOR: { extension: 'FUTURERELEASE', read: holdFor },
  HOLDUNTIL: { extension: 'FUTURERELEASE', read: holdUntil },
  BY: { extension: 'DELIVERBY', read: deliverBy },
  // RFC 6710 section 7: priority-value = (["-"] NZDIGIT) / "0"
  'MT-PRIORITY': {
    extension: 'MT-PRIORITY',
    read: (value = '') => (/^(?:-?[1-9]|0)$/.test(value) ? { priority: Number(value) } : undefined),
  },
}

/** future-release-integer = %x31-39 *8DIGIT */
function holdFor(value = ''): MailParameters | undefined {
  return /^[1-9]\d{0,8}$/.test(value) ? { hold: { request: `for;${value}`, seconds: Number(value) } } : undefined
}

/** Internet-style-date-time-UTC: date-time of RFC 3339 with "Z". */
function holdUntil(value = ''): MailParameters | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z$/i.exec(value)
  const until = match === null ? Number.NaN : Date.parse(value.toUpperCase())
  // 31 February is read as a day of March.
  if (Number.isNaN(until) || !new Date(until).toISOString().startsWith((match?.[1] ?? '').toUpperCase())) return undefined
  return { hold: { request: `until;${value}`, until } }
}

/** by-value = by-time ";" by-mode [by-trace] */
function deliverBy(value = ''): MailParameters | undefined {
  const match = /^([-+]?\d{1,9});([NR])(T)?$/i.exec(value)
  if (match === null) return undefined
  const seconds = Number(match[1])
  const mode = match[2]?.toUpperCase() === 'R' ? 'return' : 'notify'
  if (mode === 'return' && seconds <= 0) return undefined
  return { by: { seconds, mode, trace: match[3] !== undefined } }
}

/** Reads what stands behind the path of MAIL. Throws SmtpSyntaxError. */
export function readMailParameters(parameters: EsmtpParameters, announced: Announced): MailParameters {
  let command: MailParameters = {}
  for (const [keyword, value] of parameters) {
    const parameter = Object.hasOwn(PARAMETERS, keyword) ? PARAMETERS[keyword] : undefined
    if (parameter === undefined || !announced.has(parameter.extension))
      throw new SmtpSyntaxError('unknown-parameter', `${keyword} is not supported`)
    const read = parameter.read(value)
    if (read === undefined || (read.body === 'BINARYMIME' && !announced.has('BINARYMIME')))
      throw new SmtpSyntaxError('bad-parameter', `Bad value of ${keyword}`)
    if (read.hold !== undefined && command.hold !== undefined)
      throw new SmtpSyntaxError('bad-parameter', 'HOLDFOR and HOLDUNTIL exclude each other')
    command = { ...command, ...read }
  }
  return command
}
