import { isEsmtpValue } from './chars.ts'
import { SmtpSyntaxError } from './errors.ts'

/** Whether a keyword of EHLO was told to this client. */
export interface Announced {
  has(keyword: string): boolean
}

/** Keyword in upper case to value; `undefined`: the keyword stood alone. */
export type EsmtpParameters = ReadonlyMap<string, string | undefined>

/** esmtp-param = esmtp-keyword ["=" esmtp-value], separated by spaces; values stay as sent. */
export function parseEsmtpParameters(text: string): EsmtpParameters {
  const parameters = new Map<string, string | undefined>()
  for (const part of text.split(' ')) {
    // RFC 5321 section 4.1.1: trailing and doubled spaces are tolerated.
    if (part === '') continue
    const equals = part.indexOf('=')
    const keyword = (equals < 0 ? part : part.slice(0, equals)).toUpperCase()
    const value = equals < 0 ? undefined : part.slice(equals + 1)
    if (!/^[A-Z0-9][A-Z0-9-]*$/.test(keyword)) throw new SmtpSyntaxError('syntax', 'Bad parameter')
    if (value !== undefined && !isValue(value)) throw new SmtpSyntaxError('bad-parameter', `Bad value of ${keyword}`)
    if (!parameters.has(keyword)) parameters.set(keyword, value)
    else if (keyword === 'SIZE') parameters.set(keyword, larger(parameters.get(keyword), value))
    else throw new SmtpSyntaxError('bad-parameter', `${keyword} is given twice`)
  }
  return parameters
}

/** Python's smtplib adds its own SIZE to its caller's. Whoever is no number stays, to be refused as what it is. */
function larger(first: string | undefined, second: string | undefined): string | undefined {
  return Number(first) >= Number(second) || Number.isNaN(Number(first)) ? first : second
}

function isValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isEsmtpValue(text.charCodeAt(i))) return false
  return text.length > 0
}
