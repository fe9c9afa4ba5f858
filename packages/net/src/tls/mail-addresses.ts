import type { X509Certificate } from 'node:crypto'

/** One name of Node's rendering: `email:ann@example.org`, or in JSON's quotes where it holds what separates names. */
const NAME = /(?:^|, )([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/y

/**
 * Whom a certificate speaks for: its rfc822Names (RFC 5280 section 4.2.1.6), else the emailAddress attributes of its
 * subject, else a common name that is an address.
 */
export function mailAddresses({ subject, subjectAltName }: Pick<X509Certificate, 'subject' | 'subjectAltName'>): string[] {
  const alternatives = valuesOf('email', alternativeNames(subjectAltName ?? ''))
  if (alternatives.length > 0) return alternatives
  const attributes = subjectAttributes(subject)
  const addresses = valuesOf('emailAddress', attributes)
  return addresses.length > 0 ? addresses : valuesOf('CN', attributes).filter((name) => name.includes('@'))
}

type Attribute = readonly [type: string, value: string]

const valuesOf = (type: string, attributes: readonly Attribute[]): string[] =>
  attributes.flatMap(([t, value]) => (t === type ? [value] : []))

/** None at all when a part cannot be read: what stands behind it might be another's choice. */
function alternativeNames(text: string): Attribute[] {
  const names: Attribute[] = []
  NAME.lastIndex = 0
  while (NAME.lastIndex < text.length) {
    const [, type, value] = NAME.exec(text) ?? []
    if (type === undefined || value === undefined) return []
    names.push([type, value.startsWith('"') ? String(JSON.parse(value)) : value])
  }
  return names
}

/** One attribute a line, `type=value`; several of one RDN are joined by ` + `, and what is special in a value is escaped. */
function subjectAttributes(subject: string | undefined): Attribute[] {
  const lines = (subject ?? '').split('\n').flatMap((line) => line.split(/(?<!\\) \+ /))
  return lines.flatMap((line) => {
    const [, type, value] = /^([A-Za-z0-9.]+)=([^\\]*)$/.exec(line) ?? []
    return type === undefined || value === undefined ? [] : [[type, value] as const]
  })
}
