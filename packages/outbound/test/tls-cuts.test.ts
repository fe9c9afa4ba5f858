import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { scriptedPeer, type ScriptedPeer } from '@mailstead/testkit'
import { Bench } from './bench.ts'
import { outcomes } from './outcomes.ts'
import { MESSAGE, testTls } from './support.ts'

const MINUTE = 60_000

/** Octets between two cuts; `npm run cuts` makes one at each. */
const STEP = process.env['MAILSTEAD_CUTS'] === 'all' ? 1 : 97
const END = 250
const END_STEP = 11
/** Cuts under way at once. */
const BATCH = 100

type Direction = 'there' | 'back'

/** Somebody in the middle, who cuts the first connection once so many octets went by. */
class Cutter {
  readonly port: number
  /** Octets of the first connection, as they went over the wire. */
  readonly passed = { there: 0, back: 0 }
  readonly #close: () => void

  private constructor(port: number, close: () => void) {
    this.port = port
    this.#close = close
  }

  static async open(peer: ScriptedPeer, direction?: Direction, at = Number.POSITIVE_INFINITY): Promise<Cutter> {
    const sockets = new Set<Socket>()
    const server = createServer((near) => {
      const isFirst = sockets.size === 0
      const far = connect(peer.port, '127.0.0.1')
      const both = [near, far]
      const end = (): void => both.forEach((each) => each.destroy())
      for (const each of both) {
        sockets.add(each)
        each.on('error', end).on('close', end)
      }
      const pass = (from: Socket, to: Socket, way: Direction): void =>
        void from.on('data', (octets) => {
          const left = isFirst && way === direction ? at - cutter.passed[way] : Number.POSITIVE_INFINITY
          if (isFirst) cutter.passed[way] += octets.length
          to.write(octets.length < left ? octets : octets.subarray(0, left), octets.length < left ? undefined : end)
          if (octets.length >= left) from.pause()
        })
      pass(near, far, 'there')
      pass(far, near, 'back')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const cutter = new Cutter((server.address() as AddressInfo).port, () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    return cutter
  }

  close(): void {
    this.#close()
  }
}

/** A connection that ends anywhere in STARTTLS, the handshake and what is said behind it: nothing goes in clear, nobody is lost, and whoever may have it twice is known. */
test('a connection under TLS cut at any octet on the wire', async (t: TestContext) => {
  const { store } = await testTls(t)
  const peer = await scriptedPeer(t, { tls: store.secureContext })
  const bench = await Bench.open(t)
  bench.start()
  const send = async (domain: string, cutter: Cutter) => {
    bench.route(domain, cutter.port, { tls: 'encrypted' })
    return bench.queue([`a@${domain}`])
  }
  const whole = await Cutter.open(peer)
  t.after(() => whole.close())
  await send('whole.example', whole)
  await bench.settled()
  assert.equal(peer.messages.length, 1)
  const { there, back } = whole.passed
  assert.ok(there > 500 && back > 1000, `${there} there, ${back} back`)
  const places = [...steps('there', there), ...steps('back', back)]
  for (let at = 0; at < places.length; at += BATCH) {
    const cuts = await Promise.all(
      places.slice(at, at + BATCH).map(async ([direction, octet]) => {
        const [domain, cutter] = [`${direction}${octet}.example`, await Cutter.open(peer, direction, octet)]
        return { domain, cutter, queueId: await send(domain, cutter) }
      }),
    )
    const copies = (domain: string): number => peer.messages.filter(({ recipients }) => recipients[0]?.includes(`@${domain}>`)).length
    await bench.settled()
    for (const { domain, queueId } of cuts) {
      const [outcome = ''] = await outcomes(bench, queueId)
      assert.match(outcome, /^(?:sent 2 250 |deferred 4\.(?:4\.2|7\.5) |perhaps 4\.4\.2 )/, domain)
      assert.ok(
        copies(domain) === 0 ? !outcome.startsWith('sent') : !outcome.startsWith('deferred'),
        `${domain}: ${outcome}, ${copies(domain)}`,
      )
    }
    // Longer than any rest or wait after one attempt.
    for (let turn = 0; turn < 4; turn++) {
      bench.clock.advance(5 * MINUTE)
      await bench.settled()
    }
    for (const { domain, cutter, queueId } of cuts) {
      assert.match((await outcomes(bench, queueId))[0] ?? '', /^sent /, domain)
      assert.ok(copies(domain) === 1 || copies(domain) === 2, `${domain}: ${copies(domain)} copies`)
      cutter.close()
    }
  }
  assert.ok(peer.messages.every(({ secure, content }) => secure && content === MESSAGE))
})

/** The end of the dialogue more closely: there it is decided whether the mail has arrived. */
function steps(direction: Direction, octets: number): [Direction, number][] {
  const end = Math.max(1, octets - END)
  const places: [Direction, number][] = []
  for (let at = 1; at < octets; at += at < end ? STEP : Math.min(STEP, END_STEP)) places.push([direction, at])
  return places
}
