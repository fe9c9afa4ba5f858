import { type HeaderField, writeHeader } from '@mailstead/mime'

interface Header {
  readonly header: Uint8Array
  readonly fields: readonly HeaderField[]
}

/**
 * A header without the Authentication-Results fields that pretend to be ours: readers believe those (RFC 8601 section 5). Everything else
 * stays octet for octet. `fields`: as `readHeader` has them.
 */
export function withoutForgedResults(header: Uint8Array, fields: readonly HeaderField[], hostName: string): Header {
  const kept = fields.filter(({ name, value }) => name.toLowerCase() !== 'authentication-results' || !namesHost(value, hostName))
  if (kept.length === fields.length) return { header, fields }
  const size = fields.reduce((sum, { raw }) => sum + raw.length, 0)
  return { header: Buffer.concat([writeHeader(kept), header.subarray(size)]), fields: kept }
}

/** RFC 8601 section 2.2: the name comes first, behind comments; it may be quoted. */
function namesHost(value: string, hostName: string): boolean {
  const first = /^[\s"]*([^\s;/"]*)/.exec(withoutComments(value))?.[1]
  return first?.toLowerCase() === hostName.toLowerCase()
}

/** Comments at the beginning go, nested ones with them. */
function withoutComments(value: string): string {
  let depth = 0
  for (let at = 0; at < value.length; at++) {
    const char = value[at]
    if (char === '\\') at++
    else if (char === '(') depth++
    else if (char === ')') depth--
    else if (depth === 0 && char !== ' ' && char !== '\t') return value.slice(at)
  }
  return ''
}
