import { randomInt } from 'node:crypto'
import { getServers } from 'node:dns'
import { parseEndpoint, Semaphore, type Clock } from '@mailstead/base'
import type { DnsAnswer, DnsType, RecordData, Resolver } from './answer.ts'
import { ask, type DnsServer } from './ask.ts'
import { Cache } from './cache.ts'
import { CACHE_ENTRIES, MAX_CHAIN, MAX_LIFE, MAX_QUESTIONS, ROUNDS, SERVER_TIME } from './limits.ts'
import type { Reading } from './message.ts'
import { dnsName } from './names.ts'

export interface ResolverOptions {
  /** Asked in their order; those of the system when absent. */
  readonly servers?: readonly DnsServer[]
  /** The way to all servers is safe, so what they say of DNSSEC is believed; those on loopback always are. */
  readonly trusted?: boolean
  /** ms that one server has for one question; default: SERVER_TIME. */
  readonly serverTime?: number
  readonly clock: Clock
}

const DNS_PORT = 53

const TIMEOUT: Reading = { kind: 'failed', reason: 'timeout' }

type Answer = DnsAnswer<RecordData[DnsType]>
interface Found {
  readonly answer: Answer
  readonly life: number
}

/** A resolver that can be stopped. */
export interface OpenResolver extends Resolver {
  /** Gives up what is under way; from now on every answer is a time-out. */
  close(): void
}

/** Asks recursive servers and remembers what they say, for as long as they say. */
export function createResolver(options: ResolverOptions): OpenResolver {
  return new ServerResolver(options)
}

class ServerResolver implements OpenResolver {
  readonly #servers: readonly DnsServer[]
  readonly #trusted: boolean
  readonly #serverTime: number
  readonly #clock: Clock
  readonly #cache: Cache<Answer>
  /** Who asks what is asked already waits for the same answer. */
  readonly #asked = new Map<string, Promise<Answer>>()
  readonly #slots = new Semaphore(MAX_QUESTIONS)
  readonly #underWay = new Set<() => void>()
  #closed = false

  constructor({ servers = systemServers(), trusted = false, serverTime = SERVER_TIME, clock }: ResolverOptions) {
    this.#servers = servers
    this.#trusted = trusted
    this.#serverTime = serverTime
    this.#clock = clock
    this.#cache = new Cache(clock, CACHE_ENTRIES)
  }

  close(): void {
    this.#closed = true
    for (const giveUp of this.#underWay) giveUp()
  }

  look<T extends DnsType>(type: T, name: string): Promise<DnsAnswer<RecordData[T]>> {
    // Records are of the type that was asked for.
    return this.#look(type, name) as Promise<DnsAnswer<RecordData[T]>>
  }

  async #look(type: DnsType, name: string): Promise<Answer> {
    const plain = dnsName(name)
    if (plain === undefined) return { kind: 'failed', reason: 'bad-name' }
    const key = `${type} ${plain}`
    const kept = this.#cache.get(key)
    if (kept !== undefined) return kept
    const running = this.#asked.get(key)
    if (running !== undefined) return running
    const answer = this.#slots
      .run(() => this.#find(type, plain))
      .then(({ answer: found, life }) => {
        this.#cache.set(key, found, Math.min(life, MAX_LIFE))
        return found
      })
    this.#asked.set(key, answer)
    try {
      return await answer
    } finally {
      this.#asked.delete(key)
    }
  }

  /** Follows names that stand for others as far as the server has not. */
  async #find(type: DnsType, asked: string): Promise<Found> {
    let name = asked
    let authenticated = true
    let life = Number.POSITIVE_INFINITY
    for (let link = 0; link < MAX_CHAIN; link++) {
      const { reading, trusted } = await this.#ask(type, name)
      if (reading.kind === 'failed') return { answer: reading, life: 0 }
      if (reading.kind === 'truncated') break
      authenticated &&= reading.authentic && trusted
      life = Math.min(life, reading.life)
      if (reading.kind === 'records') {
        const alias = reading.name === asked ? {} : { alias: reading.name }
        return { answer: { kind: 'records', records: reading.records, authenticated, ...alias }, life }
      }
      if (reading.kind === 'none') return { answer: { kind: 'none', reason: reading.reason, authenticated }, life }
      name = reading.name
    }
    return { answer: { kind: 'failed', reason: 'malformed' }, life: 0 }
  }

  /** The first server that knows; what the last one said when none does. */
  async #ask(type: DnsType, name: string): Promise<{ readonly reading: Reading; readonly trusted: boolean }> {
    const options = { clock: this.#clock, serverTime: this.#serverTime, underWay: this.#underWay }
    let reading: Reading = TIMEOUT
    for (let round = 0; round < ROUNDS; round++) {
      for (const server of this.#servers) {
        if (this.#closed) return { reading: TIMEOUT, trusted: false }
        reading = await ask(server, { id: randomInt(0x1_0000), type, name }, options)
        if (reading.kind !== 'failed') return { reading, trusted: this.#trusted || isLocal(server) }
      }
    }
    return { reading, trusted: false }
  }
}

function isLocal({ address }: DnsServer): boolean {
  return address === '::1' || address.startsWith('127.')
}

function systemServers(): DnsServer[] {
  return getServers().flatMap((text) => parseServer(text) ?? [])
}

/** `192.0.2.53`, `[2001:db8::53]:5353`; `undefined` for what is no address. */
export function parseServer(text: string): DnsServer | undefined {
  return parseEndpoint(text, DNS_PORT)
}
