import {
  StoreError,
  type AccountChange,
  type AccountId,
  type Change,
  type MailboxCounters,
  type MessageBatch,
  type StoreErrorCode,
} from '@mailstead/store'
import type { EpochMs } from '@mailstead/base'

/** One method for a worker. Whole methods cross the thread boundary, never statements. */
export interface Call {
  readonly id: number
  readonly op: string
  readonly args: readonly unknown[]
  readonly now: EpochMs
  /** Octets of blobs inside: bounds a commit group. */
  readonly octets: number
  /** Nobody waits for it: it goes with the next commit, whenever that is. */
  readonly lazy: boolean
}

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: WireError }

/** An error without its class, which threads cannot exchange. */
export interface WireError {
  readonly code: StoreErrorCode
  readonly message: string
  /** What really happened, for the log; absent for errors that are an answer. */
  readonly cause?: string
}

/** A change before it is known who is told. */
export type WireChange = Change & {
  /** There in mailboxes where each reader has his own \Seen. `account` has just changed his, and is told `batch` in the place of the other. */
  readonly readers?: { readonly account?: AccountId; readonly batch?: MessageBatch }
  /** The mailbox's afterwards; absent when not only they have changed. */
  readonly counters?: MailboxCounters
}

/** What a commit group did: the changes are published before the answers are given. */
export interface Report {
  readonly kind: 'report'
  readonly answers: readonly Answer[]
  readonly changes: readonly WireChange[]
  readonly accountChanges: readonly AccountChange[]
  /** Mailboxes may be other than they were without a change that says so. */
  readonly beyond?: boolean
  /** Domains, accounts or addresses may be other than they were. */
  readonly directory?: boolean
  /** What accounts hold now: of those whose changes are told, all or some. */
  readonly used?: readonly (readonly [account: AccountId, octets: number, messages: number])[]
  /** Accounts that somebody has logged in to. */
  readonly seen?: readonly AccountId[]
  /** Something new comes due in the outbound queue, or is owed. */
  readonly queue?: boolean
  /** One more address is remembered as one that fails, or must not be written to. */
  readonly suppressions?: boolean
  /** How long the group took, in ms. */
  readonly ms?: number
}

/** Why a thread cannot start. */
export interface Failed {
  readonly kind: 'failed'
  readonly name: string
  /** SQLite's or the system's: `SQLITE_FULL`, `EACCES`. */
  readonly code: string | undefined
  readonly message: string
  readonly stack: string | undefined
}

export type FromWorker = { readonly kind: 'ready'; readonly value: unknown } | Failed | { readonly kind: 'closed' } | Report

export function failed(error: unknown): Failed {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  const { code } = error as { readonly code?: unknown }
  return { kind: 'failed', name, code: typeof code === 'string' ? code : undefined, message, stack }
}

export function toWire(error: unknown): WireError {
  if (error instanceof StoreError) return { code: error.code, message: error.message }
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'unavailable', message: 'Storage is not available, try again later', cause }
}

export function fromWire({ code, message, cause }: WireError): StoreError {
  return new StoreError(code, message, cause === undefined ? {} : { cause })
}

/** The methods of a worker, as its callers see them. */
export type Ops = Readonly<Record<string, (...args: never[]) => unknown>>

export type ArgsOf<Table, Name extends keyof Table> = Table[Name] extends (...args: infer Args) => unknown ? Args : never

export type ResultOf<Table, Name extends keyof Table> = Table[Name] extends (...args: never[]) => infer Result ? Awaited<Result> : never
