/** Mail that comes to the engine with its acceptance. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test, type TestContext } from 'node:test'
import { scriptedPeer } from '@mailstead/testkit'
import type { QueueStore } from '@mailstead/store'
import { Bench } from './bench.ts'
import { closedPort, MESSAGE } from './support.ts'

/** A queue that counts what it is asked. */
function counted(queue: QueueStore): { readonly queue: QueueStore; readonly asked: Map<keyof QueueStore, number> } {
  const asked = new Map<keyof QueueStore, number>()
  const proxy = new Proxy(queue, {
    get(target, name: keyof QueueStore) {
      asked.set(name, (asked.get(name) ?? 0) + 1)
      return target[name].bind(target)
    },
  })
  return { queue: proxy, asked }
}

/** Answers a dot each time it is let; `recipients` in the order in which they came. */
async function steppedPeer(t: Pick<TestContext, 'after'>) {
  const recipients: string[] = []
  const waiting: (() => void)[] = []
  let free = false
  const server = createServer((socket) => {
    socket.write('220 step by step\r\n')
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\r\n')) {
        const recipient = /^RCPT TO:<(.*)>/.exec(line)?.[1]
        if (recipient !== undefined) recipients.push(recipient)
        if (line === 'DATA') socket.write('354 go\r\n')
        else if (/^(EHLO|MAIL|RCPT|QUIT)/.test(line)) socket.write('250 fine\r\n')
        else if (line === '.' && free) socket.write('250 2.0.0 at once\r\n')
        else if (line === '.') waiting.push(() => socket.write('250 2.0.0 at last\r\n'))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    recipients,
    step: () => waiting.shift()?.(),
    go() {
      free = true
      for (const answer of waiting.splice(0)) answer()
    },
  }
}

test('mail that comes while there is room goes without a look at the queue', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t)
  bench.route('x.example', peer)
  const { queue, asked } = counted(bench.store.queue)
  bench.start({ queue })
  await bench.until('nothing waits', () => asked.has('due'))
  await bench.store.queue.status()
  asked.clear()
  const queueIds = [await bench.queue(['a@x.example', 'b@x.example']), await bench.queue(['c@x.example'])]
  await bench.settled()
  assert.deepEqual([...asked], [['settle', 2]])
  assert.ok(peer.messages.every(({ content }) => content === MESSAGE))
  const fates = await Promise.all(queueIds.map((queueId) => bench.fates(queueId)))
  assert.deepEqual(fates, [['a@x.example sent 250', 'b@x.example sent 250'], ['c@x.example sent 250']])
})

test('what comes behind mail that waits does not overtake it', async (t) => {
  const bench = await Bench.open(t)
  const peer = await steppedPeer(t)
  bench.route('x.example', peer.port)
  bench.start({ connectionsPerDestination: 1 })
  // One is under way, a hundred are taken on, the others wait in the queue.
  const expected = Array.from({ length: 106 }, (_, n) => `r${n}@x.example`)
  for (const recipient of expected) await bench.queue([recipient])
  await bench.until('the first is there', () => peer.recipients.length === 1)
  peer.step()
  await bench.until('the second is there', () => peer.recipients.length === 2)
  await bench.queue(['last@x.example'])
  peer.go()
  await bench.settled()
  assert.deepEqual(peer.recipients, [...expected, 'last@x.example'])
})

test('mail for servers that rest waits in the queue, and mail that comes as the engine stops is given back', async (t) => {
  const bench = await Bench.open(t)
  const peer = await steppedPeer(t)
  bench.route('x.example', peer.port)
  bench.route('dead.example', await closedPort())
  const outbound = bench.start({ connectionsPerDestination: 1 })
  const dead = await bench.queue(['a@dead.example'])
  await bench.until('it rests', async () => /4\.4\.\d/.test((await bench.fates(dead))[0] ?? ''))
  const resting = await bench.queue(['b@dead.example'])
  assert.deepEqual([outbound.claimed, await bench.fates(resting)], [0, ['b@dead.example - in 0']])

  await bench.queue(['first@x.example'])
  await bench.until('the first is there', () => peer.recipients.length === 1)
  const under = bench.queue(['second@x.example'])
  const stopped = outbound.stop(0)
  const [second] = await Promise.all([under, stopped])
  await bench.until('given back', async () => (await bench.listing()).every(({ state }) => state === 'waiting'))
  assert.deepEqual(await bench.fates(second), ['second@x.example - in 0'])
})
