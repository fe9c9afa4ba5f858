import { decodeCharset } from './charset.ts'
import type { Parameter } from './content.ts'
import { decodeWords } from './encoded-words.ts'
import { MAX_PARAMETER_SECTIONS } from './limits.ts'
import { toOctets } from './octets.ts'

/**
 * The value of parameter `name` (lower-case) as text: RFC 2231's sections and charsets, else the plain parameter,
 * whose encoded words are against RFC 2047 section 5 and all over the world. `undefined` when there is none.
 */
export function decodeParameter(parameters: readonly Parameter[], name: string): string | undefined {
  const sections = new Map<number, { readonly extended: boolean; readonly value: string }>()
  let plain: string | undefined
  for (const parameter of parameters) {
    const key = parameter.name.toLowerCase()
    if (key === name) plain ??= parameter.value
    if (!key.startsWith(`${name}*`)) continue
    const match = /^(?:(\d{1,4}))?(\*?)$/.exec(key.slice(name.length + 1))
    if (match === null) continue
    // "name*" is one whole extended value; "name*0", "name*1*" are sections.
    const section = Number(match[1] ?? 0)
    if (section < MAX_PARAMETER_SECTIONS && !sections.has(section)) {
      sections.set(section, { extended: match[1] === undefined || match[2] === '*', value: parameter.value })
    }
  }
  if (!sections.has(0)) return plain === undefined ? undefined : decodeWords(plain)
  return join(sections)
}

function join(sections: ReadonlyMap<number, { readonly extended: boolean; readonly value: string }>): string {
  let charset = ''
  const octets: Uint8Array[] = []
  for (let number = 0; ; number++) {
    const section = sections.get(number)
    if (section === undefined) break
    let value = section.value
    if (number === 0 && section.extended) {
      const match = /^([^']*)'[^']*'/.exec(value)
      charset = match?.[1] ?? ''
      value = value.slice(match?.[0].length ?? 0)
    }
    octets.push(toOctets(section.extended ? unescape(value) : value))
  }
  return decodeCharset(Buffer.concat(octets), charset)
}

function unescape(value: string): string {
  return value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
