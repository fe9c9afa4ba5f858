import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CannotReencode, inSevenBits, planRewriting, rewrittenSource, type OctetSource } from '@mailstead/mime'
import { scriptedPeer, type ScriptedPeer } from '@mailstead/testkit'
import type { Outgoing } from '@mailstead/outbound'
import { Bench } from './bench.ts'
import { letter, opened } from './support.ts'

const octets = (text: string): Buffer => Buffer.from(text, 'utf8')
const TEXT = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n'
const EIGHT = `Subject: x\r\n${TEXT}\r\nsome words and a grün\r\n`
const SEVEN = `Subject: x\r\n${TEXT}Content-Transfer-Encoding: quoted-printable\r\n\r\nsome words and a gr=C3=BCn\r\n`
const SEALED = 'Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nü\r\n--s--\r\n'

for (const offers of [[], ['SIZE', 'PIPELINING'], ['CHUNKING', 'SIZE']]) {
  test(`text is encoded for a server that offers ${offers.join(' ') || 'nothing'}, whatever was said of it`, async (t) => {
    const peer = await scriptedPeer(t, { offers })
    const connection = await opened(t, peer)
    for (const body of [undefined, '7BIT', '8BITMIME'] as const)
      await connection.send(letter({ content: octets(EIGHT), ...(body === undefined ? {} : { parameters: { body } }) }))
    assert.deepEqual(
      peer.messages.map(({ content }) => content),
      [SEVEN, SEVEN, SEVEN],
    )
    const size = offers.includes('SIZE') ? ` SIZE=${SEVEN.length}` : ''
    assert.ok(peer.messages.every(({ mail }) => mail === `MAIL FROM:<ann@example.test>${size}`))
  })
}

test('what the server takes is not touched', async (t) => {
  const peer = await scriptedPeer(t, { offers: ['8BITMIME'] })
  const connection = await opened(t, peer)
  await connection.send(letter({ content: octets(EIGHT) }))
  assert.equal(peer.messages[0]?.content, octets(EIGHT).toString('latin1'))
  assert.equal(peer.messages[0]?.mail, 'MAIL FROM:<ann@example.test> BODY=8BITMIME')
})

test('a binary message becomes lines', async (t) => {
  const peer = await scriptedPeer(t, { offers: ['8BITMIME'] })
  const connection = await opened(t, peer)
  const content = octets('Content-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\na\0\nb')
  await connection.send(letter({ content, parameters: { body: 'BINARYMIME' } }))
  assert.equal(
    peer.messages[0]?.content,
    `Content-Type: image/x\r\nContent-Transfer-Encoding: base64\r\nMIME-Version: 1.0\r\n\r\n${btoa('a\0\nb')}\r\n`,
  )
})

const OUR_HEADER = octets('Subject: grün\r\nFrom: ann@example.test\r\n\r\nx\r\n')

/** A message of our own: it may be changed, and signed anew. */
function ours(message: Buffer, ascii: boolean): Outgoing {
  const source: OctetSource = { size: message.length, read: async (offset, length) => message.subarray(offset, offset + length) }
  return {
    ...source,
    ...(ascii ? { ascii } : {}),
    async sevenBits() {
      const plan = (await planRewriting(source, inSevenBits(true), () => undefined)) ?? assert.fail()
      return rewrittenSource(source, plan, () => undefined)
    },
  }
}

test('a header in UTF-8 is written in ASCII for senders of our own, and refused for others', async (t) => {
  const parameters = { smtpUtf8: true }
  const table: [offers: string[], message: Outgoing, becomes: string][] = [
    [['8BITMIME', 'SMTPUTF8'], ours(OUR_HEADER, false), 'Subject: gr\xc3\xbcn MAIL FROM:<ann@example.test> BODY=8BITMIME SMTPUTF8'],
    [['8BITMIME'], ours(OUR_HEADER, false), 'Subject: =?UTF-8?Q?gr=C3=BCn?= MAIL FROM:<ann@example.test>'],
    [[], ours(OUR_HEADER, false), 'Subject: =?UTF-8?Q?gr=C3=BCn?= MAIL FROM:<ann@example.test>'],
    [['8BITMIME'], letter({ content: OUR_HEADER }).message, '5.6.9'],
    [['8BITMIME'], ours(octets('From: ü@x.example\r\n\r\n'), false), '5.6.9'],
    [['8BITMIME', 'SMTPUTF8'], ours(octets('Subject: x\r\n\r\nx\r\n'), true), 'Subject: x MAIL FROM:<ann@example.test>'],
  ]
  for (const [offers, message, becomes] of table) {
    const peer = await scriptedPeer(t, { offers })
    const connection = await opened(t, peer)
    const [result] = await connection.send({ ...letter({ parameters }), message })
    const [taken] = peer.messages
    assert.equal(result?.kind === 'unfit' ? result.status : `${taken?.content.split('\r\n')[0]} ${taken?.mail}`, becomes)
  }
})

test('another server is asked before a message fails for what it holds', async (t) => {
  const bench = await Bench.open(t)
  const [old, modern] = [await scriptedPeer(t, { offers: [] }), await scriptedPeer(t)]
  const hosts = (...peers: ScriptedPeer[]) => ({ kind: 'hosts' as const, hosts: peers.map(({ port }) => ({ host: '127.0.0.1', port })) })
  bench.routes.set('two.example', hosts(old, modern))
  bench.routes.set('one.example', hosts(old))
  const parameters = { smtpUtf8: true, body: '8BITMIME' } as const
  const queued = [
    await bench.queue(['a@two.example', 'a@one.example'], { content: octets(SEALED) }),
    await bench.queue(['a@two.example', 'a@one.example'], { content: OUR_HEADER, parameters }),
    await bench.queue(['ü@two.example', 'ü@one.example'], { parameters }),
  ]
  bench.start()
  await bench.settled()
  assert.deepEqual(await Promise.all(queued.map((each) => bench.fates(each))), [
    ['a@one.example failed 5.6.3', 'a@two.example sent 250'],
    ['a@one.example failed 5.6.9', 'a@two.example sent 250'],
    ['ü@one.example failed 5.6.7', 'ü@two.example sent 250'],
  ])
  const words = (await bench.trace(queued[0] ?? assert.fail())).find(({ event }) => event === 'failed')?.detail ?? ''
  assert.match(words, /The server takes no octets above 127, and what is signed or encrypted cannot be encoded without breaking it/)
})

test('a message that cannot be converted is told from one that cannot be read', async (t) => {
  const peer = await scriptedPeer(t, { offers: [] })
  const connection = await opened(t, peer)
  const { message } = letter({ content: octets(EIGHT) })
  const failing = (error: Error): Outgoing => ({ ...message, sevenBits: () => Promise.reject(error) })
  const [sealed] = await connection.send({ ...letter(), message: failing(new CannotReencode('sealed')) })
  assert.equal(sealed?.kind === 'unfit' && sealed.status, '5.6.3')
  const [unread] = await connection.send({ ...letter(), message: failing(new Error('no store')) })
  assert.equal(unread?.kind === 'lost' && unread.reason, 'local')
})
