import { decodeCharset } from './charset.ts'
import { parameter, type Parameter } from './content.ts'
import { decodeWords } from './encoded-words.ts'
import { MAX_PARAMETER_SECTIONS } from './limits.ts'
import { toOctets } from './octets.ts'

/** A value that is written in sections or in another charset (RFC 2231 sections 3 and 4). */
export interface ExtendedParameter {
  readonly octets: Uint8Array
  /** Empty where none is told. */
  readonly charset: string
}

interface Section {
  readonly extended: boolean
  readonly value: string
}

/**
 * The value of parameter `name` (lower-case) as text: RFC 2231's sections and charsets, else the plain parameter,
 * whose encoded words are against RFC 2047 section 5 and all over the world. `undefined` when there is none.
 */
export function decodeParameter(parameters: readonly Parameter[], name: string): string | undefined {
  const extended = extendedParameter(parameters, name)
  if (extended !== undefined) return decodeCharset(extended.octets, extended.charset)
  const plain = parameter(parameters, name)
  return plain === undefined ? undefined : decodeWords(plain)
}

/** Parameter `name` (lower-case) when it is given as `name*`, `name*0`, `name*0*`, …; else `undefined`. */
export function extendedParameter(parameters: readonly Parameter[], name: string): ExtendedParameter | undefined {
  let sections: Map<number, Section> | undefined
  for (const each of parameters) {
    if (each.name[name.length] !== '*' || !each.name.toLowerCase().startsWith(name)) continue
    const match = /^(?:(\d{1,4}))?(\*?)$/.exec(each.name.slice(name.length + 1))
    if (match === null) continue
    sections ??= new Map()
    // "name*" is one whole extended value; "name*0", "name*1*" are sections.
    const section = Number(match[1] ?? 0)
    if (section < MAX_PARAMETER_SECTIONS && !sections.has(section)) {
      sections.set(section, { extended: match[1] === undefined || match[2] === '*', value: each.value })
    }
  }
  return sections?.has(0) === true ? join(sections) : undefined
}

function join(sections: ReadonlyMap<number, Section>): ExtendedParameter {
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
  return { octets: Buffer.concat(octets), charset }
}

function unescape(value: string): string {
  return value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
