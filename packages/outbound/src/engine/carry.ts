import { overdue, type Schedule } from '@mailstead/queue'
import type { Consignment, QueueEntry, Settlement } from '@mailstead/store'
import { classify, classifyOpening, type Verdict } from '../classify.ts'
import { PeerLost, TlsUnfit } from '../client/errors.ts'
import type { Outgoing, RecipientResult } from '../client/letter.ts'
import { MAX_TRIES } from '../limits.ts'
import type { Hop, Hops } from '../routing/hops.ts'
import { peerName, TlsForbidden } from './reach.ts'
import type { Session } from './session.ts'
import { final, settlement } from './settlement.ts'

/** What carrying one consignment needs of those around it. */
export interface CarryContext {
  readonly schedule: Schedule
  readonly random: number
  now(): number
  /** False: the lease is lost. */
  holds(): boolean
  /** The servers; asked once a connection is needed. */
  find(): Promise<Hops>
  open(hop: Hop, address: string): Promise<Session>
  /** Is done with a session that carries no more of this. */
  leave(session: Session): void
  /** As it goes out. */
  readonly message: Outgoing
  /** Resolves once it is committed. */
  settle(settlements: readonly Settlement[]): Promise<void>
}

export type Carried =
  /** Every recipient is settled; the session may carry more. */
  | { readonly kind: 'done'; readonly session: Session | undefined }
  /** No server took a connection, and nothing is settled: what waits for the same servers shares the verdict. */
  | { readonly kind: 'unreachable'; readonly verdict: Verdict; readonly trouble: Trouble }

/** `tls`: one of the servers at least was there, and not as safe as it has to be. */
export type Trouble = 'tls' | 'other'

interface Try {
  readonly hop: Hop
  readonly address: string
}

/** Takes one consignment to the first of its servers that has it, over `first` if there is one, and settles each recipient as soon as its fate is known. */
export function carry(consignment: Consignment, first: Session | undefined, context: CarryContext): Promise<Carried> {
  return new Carrier(consignment, context).run(first)
}

class Carrier {
  readonly #consignment: Consignment
  readonly #context: CarryContext
  #left: readonly QueueEntry[]
  /** Addresses not yet tried; `undefined`: not yet asked for. */
  #tries: Try[] | undefined
  /** To be tried before the others, once more. */
  #once: Try | undefined
  /** Why the servers so far did not take it. */
  #why: Verdict | undefined
  #connected = false
  #trouble: Trouble = 'other'

  constructor(consignment: Consignment, context: CarryContext) {
    this.#consignment = consignment
    this.#context = context
    this.#left = consignment.entries
  }

  async run(first: Session | undefined): Promise<Carried> {
    const late = overdue(this.#consignment, this.#context.now())
    if (late !== undefined) {
      await this.#settleAll({ kind: 'failed', diagnosis: late })
      return { kind: 'done', session: first }
    }
    let session = first
    while (this.#left.length > 0 && this.#context.holds()) {
      session ??= await this.#open()
      if (session === undefined) return this.#over()
      const goesOn = await this.#send(session)
      if (goesOn && session.connection.reusable) continue
      if (this.#left.length > 0 || !session.connection.reusable) {
        this.#context.leave(session)
        session = undefined
      }
    }
    return { kind: 'done', session }
  }

  /** To the next address that takes a connection. */
  async #open(): Promise<Session | undefined> {
    for (let next = await this.#next(); next !== undefined; next = await this.#next()) {
      try {
        const session = await this.#context.open(next.hop, next.address)
        this.#connected = true
        return session
      } catch (error) {
        const verdict = opening(error, peerName(next.hop, next.address))
        this.#note(verdict)
        if (isTlsTrouble(error)) this.#trouble = 'tls'
        if (verdict.kind !== 'next-host') return undefined
      }
    }
    return undefined
  }

  async #next(): Promise<Try | undefined> {
    const once = this.#once
    this.#once = undefined
    if (once !== undefined) return once
    this.#tries ??= await this.#find()
    return this.#tries.shift()
  }

  async #find(): Promise<Try[]> {
    const found = await this.#context.find()
    if (found.kind === 'hops') return found.hops.flatMap((hop) => hop.addresses.map((address) => ({ hop, address }))).slice(0, MAX_TRIES)
    this.#why ??= { kind: found.permanent ? 'failed' : 'deferred', diagnosis: found.diagnosis }
    return []
  }

  /** A temporary trouble counts more than a permanent one: the mail may go yet. */
  #note(verdict: Verdict): void {
    if (this.#why === undefined || final(this.#why).kind === 'failed' || final(verdict).kind !== 'failed') this.#why = verdict
  }

  /** One transaction. True: the peer is fine, even if it did not take all. */
  async #send(session: Session): Promise<boolean> {
    const { mailFrom, parameters } = this.#consignment
    const { message } = this.#context
    const results = await session.connection.send({
      mailFrom,
      parameters,
      message,
      recipients: this.#left.map(({ recipient, parameters: own }) => ({ recipient, parameters: own })),
    })
    const settlements: Settlement[] = []
    const left: QueueEntry[] = []
    let refused = false
    for (const [at, entry] of this.#left.entries()) {
      const verdict = classify(results[at] as RecipientResult, session.peer)
      if (verdict.kind === 'again' || verdict.kind === 'next-host') left.push(entry)
      else settlements.push(this.#settlement(entry, verdict, session))
      if (verdict.kind !== 'next-host') continue
      refused = true
      this.#note(verdict)
    }
    this.#left = left
    const { hop, address } = session
    // A peer that was tired of an idle connection takes a new one; so does one that ended it between two transactions.
    if (refused ? session.carried > 0 && results.every(isTired) : left.length > 0) this.#once = { hop, address }
    session.carried++
    if (settlements.length > 0) await this.#context.settle(settlements)
    return !refused
  }

  /** No server is left. */
  async #over(): Promise<Carried> {
    const why = final(this.#why ?? { kind: 'deferred', diagnosis: { status: '4.4.1', text: 'No server could be tried' } })
    const untouched = !this.#connected && this.#left.length === this.#consignment.entries.length
    if (why.kind === 'deferred' && untouched) return { kind: 'unreachable', verdict: why, trouble: this.#trouble }
    await this.#settleAll(why)
    return { kind: 'done', session: undefined }
  }

  #settleAll(verdict: Verdict): Promise<void> {
    return this.#context.settle(this.#left.map((entry) => this.#settlement(entry, verdict)))
  }

  #settlement(entry: QueueEntry, verdict: Verdict, session?: Session): Settlement {
    const { random, schedule } = this.#context
    const offers = session?.connection.capabilities
    const peerKnows = { dsn: offers?.dsn === true, deliverBy: offers?.deliverBy !== undefined }
    return settlement(this.#consignment, entry, verdict, { now: this.#context.now(), random, schedule, peerKnows })
  }
}

const isTired = (result: RecipientResult): boolean =>
  (result.kind === 'lost' && result.reason === 'closed' && (result.step === 'mail' || result.step === 'rset')) ||
  (result.kind === 'refused' && result.step === 'rset')

const isTlsTrouble = (error: unknown): boolean =>
  error instanceof TlsForbidden || error instanceof TlsUnfit || (error instanceof PeerLost && error.step === 'tls')

function opening(error: unknown, peer: string): Verdict {
  if (!(error instanceof TlsForbidden)) return classifyOpening(error, peer)
  return {
    kind: 'next-host',
    otherwise: error.permanent ? 'failed' : 'deferred',
    diagnosis: { status: error.status, text: error.message, peer },
  }
}
