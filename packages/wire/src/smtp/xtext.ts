import { hasUtf8 } from './chars.ts'

/** xtext of RFC 3461 section 4 back to the text it stands for; `undefined`: it is no xtext. */
export function decodeXtext(text: string): string | undefined {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/.test(text)) return undefined
  return text.replaceAll(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** EmbeddedUnicodeChar of RFC 6533 section 3, its HEXPOINT looked at later. */
const EMBEDDED = /\\x\{([0-9A-F]{2,6})\}/g

/**
 * An address of type utf-8 (RFC 6533 section 3) in any of its three forms as what it stands for: utf-8-address;
 * `undefined`: it follows none of them.
 */
export function decodeUnitext(text: string): string | undefined {
  if (!/^(?:[!-*,-<>-[\]-~]|[^\u0000-\u007f]|\\x\{[0-9A-F]{2,6}\})+$/u.test(text)) return undefined
  let valid = true
  const decoded = text.replaceAll(EMBEDDED, (_, digits: string) => {
    const point = Number.parseInt(digits, 16)
    valid &&= isEmbeddable(point) && digits === hexPoint(point)
    return valid ? String.fromCodePoint(point) : ''
  })
  return valid ? decoded : undefined
}

/** utf-8-addr-xtext of RFC 6533 section 3: fit for 7-bit places. */
export function encodeUnitext(address: string): string {
  return address.replaceAll(/[^!-*,-<>-[\]-~]/gu, (char) => `\\x{${hexPoint(char.codePointAt(0) ?? 0)}}`)
}

/** What may be embedded: control characters, SP, "\", "+", "=" and everything outside of ASCII, surrogates apart. */
function isEmbeddable(point: number): boolean {
  if (point > 0x10_ffff || (point >= 0xd800 && point <= 0xdfff) || point === 0) return false
  return point > 0x7e || point <= 0x20 || point === 0x5c || point === 0x2b || point === 0x3d
}

/** At least two digits, and no zero in front of more. */
const hexPoint = (point: number): string => point.toString(16).toUpperCase().padStart(2, '0')

/** The longest value of ORCPT, RFC 3461 section 4.2. */
const MAX_ORCPT = 500

/** original-recipient-address = addr-type ";" xtext */
export interface TypedAddress {
  /** In lower case. */
  readonly type: string
  /** Decoded. */
  readonly address: string
}

/**
 * The value of ORCPT; `undefined` when it is none. Other types than utf-8 stand for printable ASCII (RFC 3461 section 4.2). Postfix (3.7)
 * writes the octets of UTF-8 as rfc822 all the same, for each recipient that needs SMTPUTF8: that is read as what is meant.
 */
export function parseOrcpt(value: string): TypedAddress | undefined {
  const semicolon = value.indexOf(';')
  const type = value.slice(0, Math.max(0, semicolon)).toLowerCase()
  if (value.length > MAX_ORCPT || !/^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/.test(type)) return undefined
  const text = value.slice(semicolon + 1)
  const decoded = type === 'utf-8' ? decodeUnitext(text) : decodeXtext(text)
  if (decoded === undefined) return undefined
  const meant = type === 'rfc822' && hasUtf8(decoded) ? fromUtf8(decoded) : undefined
  const [kind, address] = meant === undefined ? [type, decoded] : ['utf-8', meant]
  if ((kind !== 'utf-8' && !isPrintable(address)) || /[\u0000-\u001f\u007f-\u009f]/.test(address)) return undefined
  return { type: kind, address }
}

/** Octets, one a character, as the UTF-8 that they are; `undefined`: they are none. */
function fromUtf8(octets: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(octets, (octet) => octet.charCodeAt(0)))
  } catch {
    return undefined
  }
}

/** The longest value of ENVID, RFC 3461 section 4.4. */
const MAX_ENVID = 100

/** What ENVID stands for: printable ASCII; `undefined` when the value is none. */
export function parseEnvid(value: string): string | undefined {
  const envid = decodeXtext(value)
  return value.length <= MAX_ENVID && envid !== undefined && isPrintable(envid) ? envid : undefined
}

/** Graphic and white space characters of ASCII. */
function isPrintable(text: string): boolean {
  return !hasUtf8(text) && /^[\t -~]*$/.test(text)
}
