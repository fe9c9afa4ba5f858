import type { Brand } from '@mailstead/base'
import { DELETED, SEEN, type Flags } from './flags.ts'
import type { AccountId } from './ids.ts'

/** The standard rights of RFC 4314 section 2.1 as bits, in the order in which they are written. */
export const RIGHT_BITS = { l: 1, r: 2, s: 4, w: 8, i: 16, p: 32, k: 64, x: 128, t: 256, e: 512, a: 1024 } as const

export type Right = keyof typeof RIGHT_BITS

/** A set of rights: the sum of their bits. */
export type Rights = Brand<number, 'Rights'>

export const NO_RIGHTS = 0 as Rights
/** What an owner has, always. */
export const ALL_RIGHTS = 2047 as Rights

/** Of letters of RIGHT_BITS; others are passed over. */
export function rightsOf(letters: string): Rights {
  let bits = 0
  for (const letter of letters) bits |= RIGHT_BITS[letter as Right] ?? 0
  return bits as Rights
}

/** `lrs`, in the order of RIGHT_BITS. */
export function rightLetters(rights: Rights): string {
  return (Object.keys(RIGHT_BITS) as Right[]).filter((letter) => (rights & RIGHT_BITS[letter]) !== 0).join('')
}

interface Need {
  /** Each of them. */
  readonly all?: Rights
  /** One of them at least. */
  readonly any?: Rights
}

/**
 * What each act on a mailbox needs: the table of RFC 4314 section 4, with RFC 5464 section 3, RFC 6851 section 4.2, RFC 8508 section 4.1 and RFC 9208
 * section 6. Which flags may be set is `settable`'s to say.
 */
export const NEEDS = {
  see: { all: rightsOf('l') },
  read: { all: rightsOf('r') },
  insert: { all: rightsOf('i') },
  flag: { any: rightsOf('swt') },
  expunge: { all: rightsOf('e') },
  /** MOVE out of it, REPLACE in it: what STORE of \Deleted and EXPUNGE need. */
  take: { all: rightsOf('te') },
  /** Of the nearest mailbox above the new name, for CREATE and RENAME. */
  createBelow: { all: rightsOf('k') },
  remove: { all: rightsOf('x') },
  administer: { all: rightsOf('a') },
  askRights: { any: rightsOf('lrikxa') },
  /** Read annotations, and set one's own. */
  annotate: { all: rightsOf('l'), any: rightsOf('rswip') },
  /** Set those that all see: stricter than RFC 5464, where who may read may also write them. */
  annotateForAll: { all: rightsOf('lw') },
} as const satisfies Record<string, Need>

/** What an actor wants of a mailbox. */
export type Purpose = keyof typeof NEEDS

export function mayDo(rights: Rights, purpose: Purpose): boolean {
  const { all = NO_RIGHTS, any = ALL_RIGHTS }: Need = NEEDS[purpose]
  return (rights & all) === all && (any === ALL_RIGHTS || (rights & any) !== 0)
}

/** The system flags that `rights` allow to set and to clear, as bits. */
export function settable(rights: Rights): number {
  const others = (rights & RIGHT_BITS.w) === 0 ? 0 : 0xff & ~(SEEN | DELETED)
  return others | ((rights & RIGHT_BITS.s) === 0 ? 0 : SEEN) | ((rights & RIGHT_BITS.t) === 0 ? 0 : DELETED)
}

/** Keywords go by the same right as the system flags that have none of their own. */
export function maySetKeywords(rights: Rights): boolean {
  return (rights & RIGHT_BITS.w) !== 0
}

/** What is left of `flags` for a new message: a missing right drops its flags, and refuses nothing (RFC 4314 section 4). */
export function withinRights(flags: Flags, rights: Rights): Flags {
  return { system: flags.system & settable(rights), keywords: maySetKeywords(rights) ? flags.keywords : [] }
}

/** Whom an entry of an access control list is about. */
export type Subject = AccountId | 'anyone'

/** An entry of a mailbox's access control list; owners have none. An account has what it or `anyone` is granted, less what either is denied. */
export interface AclEntry {
  readonly subject: Subject
  /** The account's address; `undefined` for `anyone`. */
  readonly address: { readonly localPart: string; readonly domain: string } | undefined
  readonly granted: Rights
  /** RFC 4314 section 2: "negative rights". */
  readonly denied: Rights
}

export interface RightsChange {
  readonly mode: 'replace' | 'add' | 'remove'
  readonly rights: Rights
  /** The denied ones are changed. */
  readonly negative?: boolean
}
