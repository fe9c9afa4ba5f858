import type { MailboxId, MailStore, Metadata, MetadataSize } from '@mailstead/store'

/** Annotations of a mailbox, or of the server, as one account sees them. */
export interface Annotations {
  list(): Promise<readonly MetadataSize[]>
  /** Those of `names` that there are. */
  values(names: readonly string[]): Promise<readonly Metadata[]>
}

export function ofMailbox(store: MailStore, mailbox: MailboxId): Annotations {
  return { list: () => store.listMetadata(mailbox), values: (names) => store.metadata(mailbox, names) }
}

/** The account's own, and what the configuration says of the server. */
export function ofServer(store: MailStore, shared: readonly Metadata[]): Annotations {
  const sharedAmong = (names: readonly string[]): readonly Metadata[] => {
    const wanted = new Set(names.map((name) => name.toLowerCase()))
    return shared.filter(({ name }) => wanted.has(name.toLowerCase()))
  }
  return {
    list: async () => [...(await store.listMetadata(undefined)), ...shared.map(({ name, value }) => ({ name, size: value.length }))],
    values: async (names) => [...(await store.metadata(undefined, names)), ...sharedAmong(names)],
  }
}

/** `depth`: levels below the names asked for; `maxSize` in octets. */
export interface ReadOptions {
  readonly depth: number
  readonly maxSize: number
}

export interface Found {
  /** In the spelling of the client where he named it; without a value where there is none. */
  readonly entries: readonly { readonly name: string; readonly value: Uint8Array | undefined }[]
  /** Octets of the longest value beyond `maxSize`; 0: all fit. */
  readonly longest: number
}

/** GETMETADATA, RFC 5464 section 4.2. What is named and not there is NIL; what a depth brings along is there. */
export async function readAnnotations(of: Annotations, names: readonly string[], { depth, maxSize }: ReadOptions): Promise<Found> {
  if (depth > 0) return readBelow(of, names, { depth, maxSize })
  const values = new Map((await of.values(names)).map(({ name, value }) => [name.toLowerCase(), value]))
  const entries = names.map((name) => ({ name, value: values.get(name.toLowerCase()) }))
  const sizes = entries.map(({ value }) => value?.length ?? 0)
  return { entries: entries.filter((_, index) => (sizes[index] ?? 0) <= maxSize), longest: longestAbove(sizes, maxSize) }
}

async function readBelow(of: Annotations, names: readonly string[], { depth, maxSize }: ReadOptions): Promise<Found> {
  const above = names.map((name) => name.toLowerCase())
  const there = (await of.list()).filter(({ name }) => above.some((top) => isWithin(name.toLowerCase(), top, depth)))
  const fitting = there.filter(({ size }) => size <= maxSize).map(({ name }) => name)
  const sizes = there.map(({ size }) => size)
  return { entries: fitting.length === 0 ? [] : await of.values(fitting), longest: longestAbove(sizes, maxSize) }
}

/** "DEPTH 1" for /a: /a and /a/b, not /a/b/c (section 4.2.2). */
function isWithin(name: string, top: string, depth: number): boolean {
  if (name === top) return true
  return name.startsWith(`${top}/`) && name.slice(top.length + 1).split('/').length <= depth
}

function longestAbove(sizes: readonly number[], maxSize: number): number {
  return Math.max(0, ...sizes.filter((size) => size > maxSize))
}
