import { allDocuments, BLOCK_BUCKETS, keepListed, type DocumentBits } from './lists.ts'
import type { TrigramQuery } from './query.ts'
import { BLOCKS, type IndexStatements } from './statements.ts'
import { emailsIn } from './text-index.ts'
import { hasBucket, type PackedBuckets } from './trigrams.ts'

/** Emails of the account whose documents the query does not exclude, at most about `limit`. Of those that are gone some may be named. */
export function matchingEmails(index: IndexStatements, account: number, query: TrigramQuery, limit: number): number[] {
  const found = index.cut(account).map(([email]) => email)
  for (const [email, buckets] of index.loose(account, -1)) if (holds(buckets, query)) found.push(email)
  for (const [segment, packed] of index.segments(account)) {
    if (found.length >= limit) break
    const emails = emailsIn(packed)
    const bits = documentsOf(query, (bucket) => index.block(segment * BLOCKS + Math.floor(bucket / BLOCK_BUCKETS))?.lists)
    for (const [place, email] of emails.entries()) if (((bits[place >>> 5] ?? 0) >>> (place & 31)) & 1) found.push(email)
  }
  return found
}

/** Whether a loose document passes. */
function holds(packed: PackedBuckets, query: TrigramQuery): boolean {
  if ('all' in query) return query.all.every((each) => holds(packed, each))
  if ('any' in query) return query.any.some((each) => holds(packed, each))
  return query.buckets.every((bucket) => hasBucket(packed, bucket))
}

/** Documents of a segment that pass; `block` reads the block of a bucket. */
function documentsOf(query: TrigramQuery, block: (bucket: number) => Uint8Array | undefined): DocumentBits {
  if ('any' in query) {
    return query.any.map((each) => documentsOf(each, block)).reduce((some, more) => some.map((word, at) => word | (more[at] ?? 0)))
  }
  let bits = allDocuments()
  if ('buckets' in query) {
    for (const bucket of query.buckets) if (!keepListed(bits, block(bucket), bucket % BLOCK_BUCKETS)) break
    return bits
  }
  for (const each of query.all) {
    const passing = documentsOf(each, block)
    bits = bits.map((word, at) => word & (passing[at] ?? 0))
    if (bits.every((word) => word === 0)) break
  }
  return bits
}
