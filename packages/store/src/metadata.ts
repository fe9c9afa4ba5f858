/** RFC 5464 section 4.1 asks for 1,024 octets and 10 entries at least. Octets of one value. */
export const MAX_METADATA_VALUE = 32 * 1024
/** Entries of one mailbox, or of the server, that are shared; and as many of each account's own. */
export const MAX_METADATA_ENTRIES = 64
/** Over all mailboxes, what counts for one account: its own entries, and the shared ones of its mailboxes. */
export const MAX_ACCOUNT_METADATA = { entries: 4096, octets: 4 * 1024 * 1024 } as const

/**
 * An annotation (RFC 5464). `name` is its whole path: `/private/…` is the actor's own, `/shared/…` everybody's who sees the mailbox. Names are
 * compared without case and kept as they were first set; whether one is well formed is the front-end's to say.
 */
export interface Metadata {
  readonly name: string
  readonly value: Uint8Array
}

/** Without its value; `size` in octets. */
export interface MetadataSize {
  readonly name: string
  readonly size: number
}

/** `value` undefined: it goes. */
export interface MetadataChange {
  readonly name: string
  readonly value: Uint8Array | undefined
}

/** Whether it is the actor's own. */
export function isPrivate(name: string): boolean {
  return name.slice(0, 9).toLowerCase() === '/private/'
}
