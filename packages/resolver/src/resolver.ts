import { randomInt } from 'node:crypto'
import { getServers } from 'node:dns'
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { Semaphore, type Clock } from '@mailstead/base'
import type { DnsAnswer, DnsType, RecordData, Resolver } from './answer.ts'
import { ask, type DnsServer } from './ask.ts'
import { Cache } from './cache.ts'
import { CACHE_ENTRIES, MAX_CHAIN, MAX_LIFE, MAX_QUESTIONS, ROUNDS } from './limits.ts'
import type { Reading } from './message.ts'
import { dnsName } from './names.ts'

export interface ResolverOptions {
  /** Asked in their order; those of the system when absent. */
  readonly servers?: readonly DnsServer[]
  /** The way to all servers is safe, so what they say of DNSSEC is believed; those on loopback always are. */
  readonly trusted?: boolean
  readonly clock: Clock
}

type Answer = DnsAnswer<RecordData[DnsType]>
interface Found {
  readonly answer: Answer
  readonly life: number
}

/** Asks recursive servers and remembers what they say, for as long as they say. */
export function createResolver(options: ResolverOptions): Resolver {
  return new ServerResolver(options)
}

class ServerResolver implements Resolver {
  readonly #servers: readonly DnsServer[]
  readonly #trusted: boolean
  readonly #clock: Clock
  readonly #cache: Cache<Answer>
  /** Who asks what is asked already waits for the same answer. */
  readonly #asked = new Map<string, Promise<Answer>>()
  readonly #slots = new Semaphore(MAX_QUESTIONS)

  constructor({ servers = systemServers(), trusted = false, clock }: ResolverOptions) {
    this.#servers = servers
    this.#trusted = trusted
    this.#clock = clock
    this.#cache = new Cache(clock, CACHE_ENTRIES)
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
  async #find(type: DnsType, name: string): Promise<Found> {
    let authenticated = true
    let life = Number.POSITIVE_INFINITY
    for (let link = 0; link < MAX_CHAIN; link++) {
      const { reading, trusted } = await this.#ask(type, name)
      if (reading.kind === 'failed') return { answer: reading, life: 0 }
      if (reading.kind === 'truncated') break
      authenticated &&= reading.authentic && trusted
      life = Math.min(life, reading.life)
      if (reading.kind === 'records') return { answer: { kind: 'records', records: reading.records, authenticated }, life }
      if (reading.kind === 'none') return { answer: { kind: 'none', reason: reading.reason, authenticated }, life }
      name = reading.name
    }
    return { answer: { kind: 'failed', reason: 'malformed' }, life: 0 }
  }

  /** The first server that knows; what the last one said when none does. */
  async #ask(type: DnsType, name: string): Promise<{ readonly reading: Reading; readonly trusted: boolean }> {
    let reading: Reading = { kind: 'failed', reason: 'timeout' }
    for (let round = 0; round < ROUNDS; round++) {
      for (const server of this.#servers) {
        reading = await ask(server, { id: randomInt(0x1_0000), type, name }, this.#clock)
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

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`; `undefined` for anything else. */
export function parseServer(text: string): DnsServer | undefined {
  if (isIP(text) !== 0) return { address: text, port: 53 }
  const [, bracketed, plain = '', digits] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  const sound = (bracketed === undefined ? isIPv4(plain) : isIPv6(bracketed)) && port > 0 && port <= 65_535
  return sound ? { address: bracketed ?? plain, port } : undefined
}
