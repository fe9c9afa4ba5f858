import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scriptedPeer, type PeerScript, type ScriptedPeer } from '@mailstead/testkit'
import type { QueueId } from '@mailstead/store'
import { Bench } from './bench.ts'
import { outcomes } from './outcomes.ts'

const MINUTE = 60_000
const CONTENT = 'Subject: x\r\n\r\n.\r\n'
const RECIPIENTS = ['a', 'b', 'c'] as const

const ANSWER = '250 2.0.0 taken\r\n'

interface Cut {
  readonly domain: string
  readonly peer: ScriptedPeer
  queueId?: QueueId
}

/** What the trace says where a connection is lost: mail that the peer has may have arrived, and nobody is told of anything yet. */
async function assertTold(bench: Bench, { domain, peer, queueId }: Cut): Promise<void> {
  const all = await outcomes(bench, queueId ?? assert.fail())
  assert.equal(all.length, RECIPIENTS.length)
  for (const [at, outcome] of all.entries()) {
    assert.match(outcome, /^(?:sent 2 250 |deferred 4\.4\.2 |perhaps 4\.4\.2 )/, domain)
    const isThere = peer.messages.some(({ recipients }) => recipients.some((line) => line.startsWith(`RCPT TO:<${RECIPIENTS[at]}@`)))
    // Who is told that it is there has it; who has it may not have been able to say so.
    assert.ok(outcome.startsWith('sent') ? isThere : !isThere || outcome.startsWith('perhaps'), `${domain}: ${outcome}`)
  }
}

/**
 * A connection that ends at each octet of the dialogue, in either direction. Nobody is lost: the second attempt, which is not cut, finds everybody
 * who was not taken. Nobody gets two copies unless the peer took the first without our hearing of it.
 */
for (const offers of [['PIPELINING', 'SIZE', 'DSN'], [], ['PIPELINING', 'CHUNKING']]) {
  test(`cut at every octet, ${offers.join(' ') || 'nothing'} offered`, async (t) => {
    const bench = await Bench.open(t)
    const whole = await scriptedPeer(t, { offers })
    const send = async (domain: string, peer: ScriptedPeer): Promise<QueueId> => {
      bench.route(domain, peer)
      return bench.queue(
        RECIPIENTS.map((each) => `${each}@${domain}`),
        { content: CONTENT, mailFrom: 'x@y.z' },
      )
    }
    await send('whole0.example', whole)
    bench.start()
    await bench.settled()
    const cuts: Cut[] = []
    const add = async (script: PeerScript): Promise<void> => {
      const domain = `cut${String(cuts.length).padStart(3, '0')}.example`
      cuts.push({ domain, peer: await scriptedPeer(t, { ...script, offers }) })
    }
    for (let at = 1; at < whole.received; at++) await add({ cutAfterReceived: at })
    for (let at = 0; at < whole.sent; at++) await add({ cutAfterSent: at })
    for (const cut of cuts) cut.queueId = await send(cut.domain, cut.peer)
    await bench.settled()
    for (const cut of cuts) await assertTold(bench, cut)
    // Longer than any rest or wait after one attempt.
    for (let minute = 0; minute < 20; minute++) {
      bench.clock.advance(MINUTE)
      await bench.settled()
    }
    assert.deepEqual(await bench.listing(), [])
    let doubles = 0
    for (const { domain, peer } of cuts) {
      for (const each of RECIPIENTS) {
        const copies = peer.messages.filter(({ recipients }) => recipients.some((line) => line.startsWith(`RCPT TO:<${each}@`)))
        assert.ok(copies.every(({ content }) => content === CONTENT))
        // A second copy only where the connection that was cut had brought the first one whole.
        const connections = copies.map(({ connection }) => connection)
        assert.ok(
          connections.length === 1 || (connections.length === 2 && connections[0] === 1),
          `${domain}: ${each} got it on ${connections.join()}`,
        )
        doubles += connections.length - 1
      }
    }
    // Only where the answer to the message was cut, or what stands behind it.
    assert.ok(doubles / RECIPIENTS.length <= 2 * ANSWER.length, `${doubles} doubles`)
  })
}
