import { isAscii } from 'node:buffer'
import { decodeStructure, fieldRanges, MessageDowngrader, MessageScanner, type Part } from '@mailstead/mime'
import { CHUNK_SIZE, type MessageRow } from '@mailstead/store'
import { DOWNGRADE_STEP } from './limits.ts'
import type { Maildrop } from './maildrop.ts'

/**
 * The message as a client may see it that has not said UTF8 (RFC 6856 section 2.1): header fields in ASCII, by RFC 6857. Bodies
 * are not touched: 8-bit octets are MIME's in them. Throws `StoreError`.
 */
export async function* surrogate(pieces: AsyncIterable<Uint8Array>, ranges: Ranges): AsyncGenerator<Uint8Array, void> {
  const downgrader = new MessageDowngrader(ranges)
  for await (const piece of pieces) {
    // What is ASCII costs nothing. All else is slow work in the worst case, in steps that let others run.
    const step = isAscii(piece) ? piece.length : DOWNGRADE_STEP
    for (let at = 0; at < piece.length; at += step) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve))
      yield downgrader.push(piece.subarray(at, at + step))
    }
  }
  yield downgrader.end()
}

type Ranges = ReturnType<typeof fieldRanges>

/** Whether the message came along with its row, and has nothing to downgrade. */
export function isAsciiAtHand({ prefix, body }: MessageRow): boolean {
  return body !== undefined && isAscii(body) && isAscii(prefix)
}

/** Where header fields stand in the octets of prefix and blob; `undefined` when all of the message is ASCII. Throws `StoreError`. */
export async function fieldsToDowngrade(row: MessageRow, number: number, maildrop: Maildrop): Promise<Ranges | undefined> {
  if (isAsciiAtHand(row)) return undefined
  const stored = await maildrop.structure(number)
  const root = (stored === undefined ? undefined : decodeStructure(stored)) ?? (await scan(row, maildrop))
  const shift = row.prefix.length
  return [{ start: 0, end: shift }, ...fieldRanges(root).map(({ start, end }) => ({ start: start + shift, end: end + shift }))]
}

/** The part tree of a message whose stored one cannot be read. */
async function scan({ body, blob, blobSize }: MessageRow, { blobs }: Maildrop): Promise<Part> {
  const scanner = new MessageScanner()
  if (body !== undefined) scanner.push(body)
  else for (let at = 0; at < blobSize; at += CHUNK_SIZE) scanner.push(await blobs.read(blob, at, CHUNK_SIZE))
  const root = decodeStructure(scanner.end().structure)
  if (root === undefined) throw new Error('the scanner made a structure that cannot be read')
  return root
}
