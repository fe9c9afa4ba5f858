function octets(allowed: (char: string, code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (allowed(String.fromCharCode(code), code) ? 1 : 0))
}

/** ATOM-CHAR: any CHAR except atom-specials. Index is the octet value. */
export const ATOM_CHAR = octets((char, code) => code > 0x20 && code < 0x7f && !'(){%*"\\]'.includes(char))
/** ASTRING-CHAR = ATOM-CHAR / resp-specials */
export const ASTRING_CHAR = octets((char, code) => ATOM_CHAR[code] === 1 || char === ']')
/** tag = 1*<any ASTRING-CHAR except "+"> */
export const TAG_CHAR = octets((char, code) => ASTRING_CHAR[code] === 1 && char !== '+')
/** list-char = ATOM-CHAR / list-wildcards / resp-specials */
export const LIST_CHAR = octets((char, code) => ASTRING_CHAR[code] === 1 || char === '%' || char === '*')
