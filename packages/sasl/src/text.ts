import { MAX_FIELD } from './limits.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The octets as text; `undefined` when they are not UTF-8 (RFC 4616 section 2). */
export function decodeText(octets: Uint8Array): string | undefined {
  try {
    return utf8.decode(octets)
  } catch {
    return undefined
  }
}

/** 1*SAFE of RFC 4616 section 2, bounded. */
export function isField(text: string): boolean {
  return text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= MAX_FIELD
}
