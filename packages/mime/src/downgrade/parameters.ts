import { parseParameterized, type Parameter } from '../content.ts'
import { isAscii, isUtf8 } from './encode-words.ts'

/** attribute-char of RFC 2231 section 7. */
const ATTRIBUTE_CHAR = /[A-Za-z0-9!#$&+.^_`{|}~-]/
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]+$/

/** Octets of one section of a value: a line holds it with its name. */
const SECTION = 60

/** MIME-value downgrading (RFC 6857 section 3.1.4): values with octets above 127 by RFC 2231, all others as they were. */
export function downgradeParameters(value: string): string | undefined {
  const { value: first, parameters } = parseParameterized(value)
  if (!isAscii(first) || parameters.some(({ name }) => !isAscii(name))) return undefined
  return [first, ...parameters.flatMap(downgraded)].join('; ')
}

function downgraded({ name, value }: Parameter): string[] {
  if (isAscii(value)) return [`${name}=${TOKEN.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`}`]
  // A section or an extended value of somebody who forgot to escape it.
  if (name.endsWith('*')) return [`${name}=${escaped(value, /[\x00-\x7f]/).join('')}`]
  if (name.includes('*')) return [`${name}*=${escaped(value, ATTRIBUTE_CHAR).join('')}`]
  const sections = [`${isUtf8(value) ? 'UTF-8' : 'unknown-8bit'}''`]
  for (const unit of escaped(value, ATTRIBUTE_CHAR)) {
    const last = sections.at(-1) ?? ''
    if (last.length + unit.length <= SECTION) sections[sections.length - 1] = last + unit
    else sections.push(unit)
  }
  if (sections.length === 1) return [`${name}*=${sections[0]}`]
  return sections.map((section, index) => `${name}*${index}*=${section}`)
}

function escaped(value: string, plain: RegExp): string[] {
  return Array.from(value, (char) => (plain.test(char) ? char : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`))
}
