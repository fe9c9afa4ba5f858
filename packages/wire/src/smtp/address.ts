import { hasUtf8, isAtext, isLetDig, isQtext, isQuotable, utf8Length } from './chars.ts'
import { SmtpSyntaxError } from './errors.ts'
import { isAddressLiteral } from './address-literal.ts'

/** RFC 5321 section 4.5.3.1, octets. */
export const MAX_LOCAL_PART = 64
export const MAX_DOMAIN = 255
const MAX_LABEL = 63

/** A mailbox of the envelope. The domain is as the client wrote it: A-labels stay A-labels, a literal keeps its brackets. */
export interface SmtpAddress {
  /** Without quotes and backslashes. */
  readonly localPart: string
  /** Empty only for the recipient `postmaster` alone. */
  readonly domain: string
}

/** `ann@example.org`, with a quoted local part where it needs one; `postmaster` when the domain is empty. */
export function formatAddress({ localPart, domain }: SmtpAddress): string {
  const local = isDotString(localPart) ? localPart : `"${localPart.replaceAll(/["\\]/g, '\\$&')}"`
  return domain === '' ? local : `${local}@${domain}`
}

/** Whether the address can only be written with SMTPUTF8. */
export function addressHasUtf8({ localPart, domain }: SmtpAddress): boolean {
  return hasUtf8(localPart) || hasUtf8(domain)
}

/** Dot-string = Atom *("." Atom) */
function isDotString(text: string): boolean {
  let previousDot = true
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x2e) {
      if (previousDot) return false
      previousDot = true
    } else if (isAtext(c)) previousDot = false
    else return false
  }
  return !previousDot
}

/** Mailbox = Local-part "@" ( Domain / address-literal ), all of `text`. */
export function parseMailbox(text: string): SmtpAddress {
  const { localPart, end } = text.startsWith('"') ? quotedString(text) : dotString(text)
  if (text[end] !== '@') throw new SmtpSyntaxError('bad-mailbox', end === text.length ? 'Address has no domain' : 'Bad local part')
  const domain = text.slice(end + 1)
  if (utf8Length(localPart) > MAX_LOCAL_PART) throw new SmtpSyntaxError('too-long', `Local part is longer than ${MAX_LOCAL_PART} octets`)
  checkDomain(domain)
  return { localPart, domain }
}

/** Quoted-string = DQUOTE *QcontentSMTP DQUOTE */
function quotedString(text: string): { localPart: string; end: number } {
  let content = ''
  for (let i = 1; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x22) return { localPart: content, end: i + 1 }
    if (c === 0x5c) {
      i++
      if (!isQuotable(text.charCodeAt(i))) break
      content += text[i]
    } else if (isQtext(c)) content += text[i]
    else break
  }
  throw new SmtpSyntaxError('bad-mailbox', 'Bad quoted local part')
}

function dotString(text: string): { localPart: string; end: number } {
  const at = text.indexOf('@')
  const localPart = at < 0 ? text : text.slice(0, at)
  if (!isDotString(localPart)) throw new SmtpSyntaxError('bad-mailbox', 'Bad local part')
  return { localPart, end: localPart.length }
}

/** Domain or address-literal. Underscores are let pass inside labels: real domains have them. */
function checkDomain(domain: string): void {
  if (utf8Length(domain) > MAX_DOMAIN) throw new SmtpSyntaxError('too-long', `Domain is longer than ${MAX_DOMAIN} octets`)
  if (!(domain.startsWith('[') ? isAddressLiteral(domain) : isDomain(domain))) throw new SmtpSyntaxError('bad-mailbox', 'Bad domain')
}

/** Domain = sub-domain *("." sub-domain), RFC 5321 section 4.1.2 with U-labels of RFC 6531. */
export function isDomain(text: string): boolean {
  return text.length > 0 && text.split('.').every(isLabel)
}

function isLabel(label: string): boolean {
  const last = label.length - 1
  if (last < 0 || label.length > MAX_LABEL) return false
  if (!isLetDig(label.charCodeAt(last))) return false
  for (let i = 0; i < last; i++) {
    const c = label.charCodeAt(i)
    if (!isLetDig(c) && c !== 0x5f && (c !== 0x2d || i === 0)) return false
  }
  return true
}
