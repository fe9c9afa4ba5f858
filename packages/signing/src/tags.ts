import { createHash, sign, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { makeField, type HeaderField } from '@mailstead/mime'
import { LINE } from './limits.ts'
import { relaxedField } from './relaxed.ts'

/** RFC 6376 section 3.3.2 and RFC 8463; SHA-1 is not made any more (RFC 8301). */
export type Algorithm = 'rsa-sha256' | 'ed25519-sha256'

/** A key that signs for a domain. */
export interface SigningKey {
  /** A-labels. */
  readonly domain: string
  readonly selector: string
  readonly algorithm: Algorithm
  readonly privateKey: KeyObject
}

/** A tag of a tag-list (RFC 6376 section 3.2). A list is a value that may be folded behind its colons. */
export type Tag = readonly [name: string, value: string | readonly string[]]

const FOLD = '\r\n\t'

/**
 * A header field of tags that ends with the signature over `covered` and itself (RFC 6376 section 3.7). `covered` is relaxed, an octet
 * per character. Keys of 2048 bits take about a millisecond, in a thread of libuv's pool.
 */
export async function signedField(name: string, tags: readonly Tag[], covered: string, key: SigningKey): Promise<HeaderField> {
  const unsigned = foldTags(name, tags)
  const hashed = Buffer.from(covered + relaxedField(makeField(name, `${unsigned}b=`)), 'latin1')
  const signature = (await signatureOf(hashed, key)).toString('base64')
  return makeField(name, `${unsigned}b=${signature.replaceAll(/.{1,72}(?=.)/g, `$&${FOLD}`)}`)
}

const signInPool = promisify(sign) as (algorithm: string | null, data: Buffer, key: KeyObject) => Promise<Buffer>

/** The octets of `b`. RFC 8463 section 3: Ed25519 signs the hash, and hashes again by itself. */
export function signatureOf(data: Buffer, { algorithm, privateKey }: SigningKey): Promise<Buffer> {
  return algorithm === 'rsa-sha256'
    ? signInPool('sha256', data, privateKey)
    : signInPool(null, createHash('sha256').update(data).digest(), privateKey)
}

/** Tags in their order up to where the last one, `b`, begins a line. */
function foldTags(name: string, tags: readonly Tag[]): string {
  let text = ''
  let column = name.length + 2
  const put = (piece: string, glue: string): void => {
    const fits = column + glue.length + piece.length <= LINE
    text += fits ? glue + piece : FOLD + piece
    column = fits ? column + glue.length + piece.length : 1 + piece.length
  }
  tags.forEach(([tag, value], index) => {
    const pieces = typeof value === 'string' ? [value] : value.map((item, at) => (at < value.length - 1 ? `${item}:` : item))
    pieces.forEach((piece, at) => {
      const first = at === 0 ? `${tag}=` : ''
      const last = at === pieces.length - 1 ? ';' : ''
      put(first + piece + last, at > 0 || index === 0 ? '' : ' ')
    })
  })
  return text + FOLD
}

/** The value of one tag of a tag-list, without white space; `undefined` when it is not there. */
export function readTag(value: string, wanted: string): string | undefined {
  for (const tag of value.split(';')) {
    const at = tag.indexOf('=')
    if (at > 0 && tag.slice(0, at).trim() === wanted) return tag.slice(at + 1).replaceAll(/[ \t\r\n]/g, '')
  }
  return undefined
}
