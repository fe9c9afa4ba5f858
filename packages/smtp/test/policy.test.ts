import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { Networks } from '@mailstead/base'
import type { Policy } from '@mailstead/delivery'
import type { Role } from '@mailstead/smtp'
import { ACCEPTED, judging } from '@mailstead/testkit'
import { ENVELOPE, type Port, type ServeOptions, site, talk } from './fixture.ts'

/** One for all tests: opening a store starts threads. */
const s = await site({ after })

/** A port that closes with its test. */
const serve = (t: TestContext, role: Role, options?: ServeOptions): Promise<Port> => s.serve(role, { ...options, scope: t })

test('a policy is heard, in its own words', async (t) => {
  const mx = await serve(t, 'mx', {
    policy: judging({
      recipient: ({ address }) => Promise.resolve(address.localPart === 'ann' ? ACCEPTED : { ...ACCEPTED, ruling: 'defer', text: 'Soon' }),
      message: () => Promise.resolve({ ...ACCEPTED, ruling: 'refuse', text: 'No cats' }),
    }),
  })
  const said = await talk(mx, [ENVELOPE.replace('DATA', 'RCPT TO:<bob@example.org>\r\nDATA'), 'Subject: x\r\n.\r\n'])
  assert.match(said, /\r\n250 2\.1\.5 .*\r\n451 4\.7\.1 Soon\r\n354 .*\r\n550 5\.7\.1 No cats\r\n/)
  assert.equal(s.reserved(), 0)
})

/** Notes what a visit is told. */
function watching(): { readonly policy: Policy; readonly told: string[] } {
  const told: string[] = []
  const stages = judging({
    spokeEarly: () => void told.push('early'),
    helo: (name) => void told.push(`helo ${name}`),
    sender: (address) => void told.push(`mail ${address === undefined ? '<>' : address.domain}`),
  })
  const visit: Policy['visit'] = (client) => {
    told.push(`from ${client.address}`)
    return stages.visit(client)
  }
  return { policy: { visit }, told }
}

test('a policy follows a stranger from stage to stage', async (t) => {
  const { policy, told } = watching()
  const mx = await serve(t, 'mx', { policy })
  await talk(mx, [
    'HELO one\r\nEHLO two\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<a@no.example> X=1\r\nMAIL FROM:<a@far.example>\r\nMAIL FROM:<b@b.example>\r\n',
  ])
  assert.deepEqual(
    told.filter((line) => line !== 'early'),
    ['from 127.0.0.1', 'helo one', 'helo two', 'mail <>', 'mail far.example'],
  )
})

test('nobody but strangers is judged', async (t) => {
  for (const role of ['submission', 'lmtp'] as const) {
    const { policy, told } = watching()
    const port = await serve(t, role, { policy, plaintextFromLoopback: true })
    const hello = role === 'lmtp' ? 'LHLO x' : `EHLO x\r\nAUTH PLAIN ${Buffer.from('\0ann@example.org\0secret').toString('base64')}`
    const said = await talk(port, [`${hello}\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.org>\r\n`])
    assert.match(said, /250 2\.1\.5/)
    assert.deepEqual(told, [])
  }
})

test('who is trusted is not judged', async (t) => {
  const { policy, told } = watching()
  const port = await serve(t, 'mx', { policy, trusted: new Networks(['127.0.0.1']) })
  assert.match(await talk(port, [ENVELOPE, 'Subject: x\r\n.\r\n']), /\r\n250 2\.0\.0 Queued/)
  assert.deepEqual(told, [])
})

test('a suspicious stranger waits for the greeting, and is seen to speak before it', async (t) => {
  const greeting = Promise.withResolvers<void>()
  const early = Promise.withResolvers<void>()
  const mx = await serve(t, 'mx', { policy: judging({ connected: () => greeting.promise, spokeEarly: () => early.resolve() }) })
  const client = mx.connect()
  const said: string[] = []
  client.on('data', (chunk) => said.push(chunk.toString()))
  await new Promise<void>((resolve) => client.write('EHLO x\r\n', () => resolve()))
  while (mx.sockets[0]?.readableLength !== 8) await new Promise((resolve) => setTimeout(resolve, 2))
  assert.deepEqual(said, [])
  greeting.resolve()
  await early.promise
  while (!said.join('').includes('250 STARTTLS') && !said.join('').includes('250 ENHANCEDSTATUSCODES'))
    await new Promise((resolve) => client.once('data', resolve))
  assert.match(said.join(''), /^220 mx\.example\.org ESMTP\r\n250-/)
  client.destroy()
})

test('a stranger who leaves before the greeting leaves nothing behind', async (t) => {
  const greeting = Promise.withResolvers<void>()
  const mx = await serve(t, 'mx', { policy: judging({ connected: () => greeting.promise }) })
  const client = mx.connect()
  await new Promise((resolve) => client.once('connect', resolve))
  while (mx.sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  client.resetAndDestroy()
  await new Promise((resolve) => mx.sockets[0]?.once('close', resolve))
  greeting.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  await mx.service.drain(0)
})
