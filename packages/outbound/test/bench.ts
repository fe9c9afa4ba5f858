import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { scriptedResolver, type DnsScript } from '@mailstead/resolver/scripted'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import type { EnvelopeParameters, QueuedRecipient, QueueId, QueueListing, TraceEvent } from '@mailstead/store'
import { ManualClock, sharedContext, tempDir, type ScriptedPeer } from '@mailstead/testkit'
import { DNS_ONLY, startOutbound, type NextHop, type Outbound, type OutboundOptions, type RouteTarget } from '@mailstead/outbound'
import { MESSAGE } from './support.ts'

export interface Mail {
  readonly mailFrom?: string
  readonly parameters?: EnvelopeParameters
  readonly content?: string | Buffer
}

/** A real queue, a clock that is turned by hand, and an engine. */
export class Bench {
  readonly clock: ManualClock
  readonly store: SqliteStore
  readonly routes = new Map<string, RouteTarget>()
  outbound: Outbound | undefined

  private constructor(clock: ManualClock, store: SqliteStore) {
    this.clock = clock
    this.store = store
  }

  /** On the store of all tests of the file, with an empty queue. */
  static async open(t: Pick<TestContext, 'after'>): Promise<Bench> {
    const { clock, store } = await shared()
    const bench = new Bench(clock, store)
    await store.queue.act({}, { kind: 'drop' })
    const owed = await store.queue.owed(10_000)
    await store.queue.forgive(owed.flatMap(({ reports }) => reports.map(({ id }) => id)))
    t.after(() => bench.outbound?.stop(0))
    return bench
  }

  /** Mail for `domain` goes to this peer. */
  route(domain: string, peer: ScriptedPeer | number, more: Partial<NextHop> = {}): void {
    const port = typeof peer === 'number' ? peer : peer.port
    this.routes.set(domain, { kind: 'hosts', hosts: [{ host: '127.0.0.1', port, ...more }] })
  }

  async queue(
    recipients: readonly (string | QueuedRecipient)[],
    { mailFrom = 'ann@example.test', parameters = {}, content = MESSAGE }: Mail = {},
  ): Promise<QueueId> {
    const writer = this.store.stores.blobs.stage()
    await writer.write(Buffer.isBuffer(content) ? content : Buffer.from(content, 'latin1'))
    const queueId = this.store.intake.mintQueueId()
    await this.store.intake.accept({
      queueId,
      blob: await writer.finish(),
      mailFrom,
      parameters,
      origin: { protocol: 'LOCAL' },
      receivedAt: { at: this.clock.now(), zone: 0 },
      deliveries: [],
      queued: recipients.map((each) =>
        typeof each === 'string' ? { recipient: each, domain: each.slice(each.lastIndexOf('@') + 1), parameters: {} } : each,
      ),
    })
    return queueId
  }

  start(options: Partial<OutboundOptions> & { readonly dns?: DnsScript } = {}): Outbound {
    const { dns = {}, ...more } = options
    this.outbound = startOutbound({
      queue: this.store.queue,
      resolver: scriptedResolver(dns),
      hostName: 'here.example',
      routing: { ...DNS_ONLY, recipientDomains: this.routes },
      own: { names: new Set(['here.example']), addresses: new Set() },
      clock: this.clock,
      log: silentLogger,
      random: () => 0.5,
      ...more,
    })
    return this.outbound
  }

  listing(): Promise<readonly QueueListing[]> {
    return this.store.queue.list({}, undefined, 10_000)
  }

  trace(queueId: QueueId): Promise<readonly TraceEvent[]> {
    return this.store.intake.trace(queueId)
  }

  /** What became of each recipient: `sent`, or `status` of the last attempt and minutes until the next. */
  async fates(queueId: QueueId): Promise<string[]> {
    const waiting = (await this.listing()).filter((each) => each.queueId === queueId)
    const left = waiting.map(
      ({ recipient, last, dueAt }) => `${recipient} ${last?.status ?? '-'} in ${Math.round((dueAt - this.clock.now()) / 60_000)}`,
    )
    const events = (await this.trace(queueId)).filter(({ event }) => ['sent', 'relayed', 'failed'].includes(event))
    return [
      ...left,
      ...events.map(({ recipient, event, detail }) => `${recipient} ${event} ${/^(?:.*?\]: )?(\S+)/.exec(detail)?.[1] ?? ''}`),
    ].sort()
  }

  /** Waits, in real time, for what must come without the clock. */
  async until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 50_000; Date.now() < end;) {
      if (await test()) return
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    assert.fail(`never came: ${what}`)
  }

  /** Until nothing that is due is left, and nothing is under way. */
  settled(): Promise<void> {
    return this.until('everything settled', async () => {
      // A timer that was set while the clock was turned may be for a time that has passed.
      this.clock.advance(0)
      if (this.outbound !== undefined && this.outbound.claimed > 0) return false
      return (await this.listing()).every(({ state, dueAt }) => state === 'held' || (state === 'waiting' && dueAt > this.clock.now()))
    })
  }
}

const file = sharedContext()
let opened: Promise<{ readonly clock: ManualClock; readonly store: SqliteStore }> | undefined

/** To open a store costs more than all that a test does with it. */
function shared(): NonNullable<typeof opened> {
  opened ??= (async () => {
    const clock = new ManualClock()
    const store = await openSqlite({ path: join(await tempDir(file), 'mail.db'), log: silentLogger, clock })
    file.after(() => store.close())
    return { clock, store }
  })()
  return opened
}
