import { canonicalDomain } from './domain.ts'
import { AccountError } from './errors.ts'
import { MAX_LOCAL_PART } from './limits.ts'

/** A local part without its quotes, NFC; a domain as lower-case A-labels, or '' where none was given. */
export interface AddressParts {
  readonly localPart: string
  readonly domain: string
}

/** atext of RFC 5322 section 3.2.3 with the UTF8-non-ascii of RFC 6531 section 3.3. */
const DOT_STRING = /^[^\u0000-\u0020\u007f-\u009f()<>[\]:;@\\,."]+(\.[^\u0000-\u0020\u007f-\u009f()<>[\]:;@\\,."]+)*$/u

/** Quoted-string of RFC 5321 section 4.1.2: printable octets, `"` and `\` behind a backslash. */
const QUOTED = /^"((?:[^"\\\u0000-\u001f\u007f-\u009f]|\\[\u0020-\u007e])*)"$/u

/** A local part as it is written, with quotes where it has them; `undefined` when it is none. */
function parseLocalPart(text: string): string | undefined {
  const quoted = QUOTED.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1')
  const local = (quoted ?? (DOT_STRING.test(text) ? text : '')).normalize('NFC')
  return local === '' || !local.isWellFormed() || Buffer.byteLength(local) > MAX_LOCAL_PART ? undefined : local
}

/** `"ann b"@Bücher.example` → parts; `undefined` when it is no address. */
export function parseAddress(text: string): AddressParts | undefined {
  const at = text.lastIndexOf('@')
  if (at < 0) return undefined
  const localPart = parseLocalPart(text.slice(0, at))
  const domain = canonicalDomain(text.slice(at + 1))
  return localPart === undefined || domain === undefined ? undefined : { localPart, domain }
}

/** Throws `bad-address` that names it. */
export function addressOrThrow(text: string): AddressParts {
  const parts = parseAddress(text)
  if (parts === undefined) throw new AccountError('bad-address', `${JSON.stringify(text)} is not an address like ann@example.org`)
  return parts
}

/** A login name: an address, or a local part alone (domain ''). */
export function parseLogin(text: string): AddressParts | undefined {
  const address = parseAddress(text)
  if (address !== undefined) return address
  const localPart = parseLocalPart(text)
  return localPart === undefined ? undefined : { localPart, domain: '' }
}

/** As it is written, with quotes where they are needed. */
export function formatAddress({ localPart, domain }: AddressParts): string {
  const local = DOT_STRING.test(localPart) ? localPart : `"${localPart.replaceAll(/["\\]/g, String.raw`\$&`)}"`
  return `${local}@${domain}`
}

/** `ann+lists` → `ann`, `lists`; `undefined` without a tag. A `+` in front is no tag. */
export function splitTag(localPart: string): { readonly base: string; readonly tag: string } | undefined {
  const plus = localPart.indexOf('+', 1)
  return plus < 0 ? undefined : { base: localPart.slice(0, plus), tag: localPart.slice(plus + 1) }
}
