import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { silentLogger } from '@mailstead/base'
import type { PolicySubject, Visit } from '@mailstead/delivery'
import { scriptedResolver, type DnsScript } from '@mailstead/resolver/scripted'
import { createScreening } from '@mailstead/screening'
import { keyRecord, MailSigner, makeKeyPair, readPrivateKey, type SigningKey } from '@mailstead/signing'
import { withFields } from '@mailstead/mime'
import { collectLogger, ManualClock } from '@mailstead/testkit'
import { authenticate } from '../src/authentication/authenticate.ts'
import { Authenticator } from '../src/authentication/authenticator.ts'
import type { ArrivalFacts, Authentication } from '../src/authentication/facts.ts'
import { resultsValue } from '../src/authentication/results.ts'
import { AUTHENTICATION_TIME, MAX_AUTHENTICATIONS } from '../src/limits.ts'

const pair = await makeKeyPair('rsa-sha256')
const key: SigningKey = { domain: 'far.example', selector: 's1', algorithm: pair.algorithm, privateKey: readPrivateKey(pair.privateKey) }
const record = keyRecord('far.example', 's1', pair)

const DNS: DnsScript = {
  'a.root-servers.net': { A: ['198.41.0.4'] },
  'far.example': { TXT: ['v=spf1 ip4:192.0.2.1 mx -all', 'something else'], MX: [{ preference: 10, exchange: 'mx.far.example' }] },
  'mx.far.example': { A: ['192.0.2.2'], TXT: ['v=spf1 a -all'] },
  '_dmarc.far.example': { TXT: ['v=DMARC1; p=reject'] },
  [record.name]: { TXT: [record.value] },
  'soft.example': { TXT: ['v=spf1 ~all'] },
  '_dmarc.soft.example': { TXT: ['v=DMARC1; p=quarantine'] },
  'down.example': { TXT: 'server-failure' },
  '_dmarc.down.example': { TXT: 'timeout' },
  'plain.example': { TXT: ['v=spf1 -all'] },
}
const resolver = scriptedResolver(DNS)

const MESSAGE = 'From: Ann <ann@far.example>\r\nTo: ben@example.org\r\nSubject: x\r\nDate: Fri, 1 Jan 2027 00:00:00 +0000\r\n\r\nHello\r\n'

interface Octets {
  readonly size: number
  read(offset: number, length: number): Promise<Uint8Array>
}

function octets(text: string | Uint8Array): Octets {
  const all = Buffer.from(text)
  return { size: all.length, read: async (offset, length) => Uint8Array.from(all.subarray(offset, offset + length)) }
}

async function textOf(message: Octets): Promise<string> {
  let text = ''
  for (let at = 0; at < message.size;) {
    const piece = await message.read(at, 100_000)
    text += Buffer.from(piece).toString('latin1')
    at += piece.length
  }
  return text
}

const signer = new MailSigner({ signing: async (domain) => (domain === key.domain ? [key] : []) }, { now: () => Date.now() })
const signed = await textOf(withFields(await signer.sign(octets(MESSAGE), ''), octets(MESSAGE)))

const ARRIVAL: ArrivalFacts = { address: '192.0.2.1', heloName: 'mx.far.example', mailFrom: 'ann@far.example', hostName: 'mx.example.org' }

function look(message: string, arrival: Partial<ArrivalFacts> = {}): Promise<Authentication> {
  const source = octets(message)
  const read = (offset: number): Promise<Uint8Array> => source.read(offset, 50)
  return authenticate({ ...ARRIVAL, ...arrival }, { read, look: (type, name) => resolver.look(type, name) })
}

const words = ({ spf, dkim, dmarc, arc }: Authentication): string =>
  [spf.result, dkim.map(({ result }) => result).join('+'), dmarc === undefined ? 'no policy' : `${dmarc.result} ${dmarc.policy}`, arc].join(
    ', ',
  )

test('what the domains of a message say of it', async () => {
  const changed = signed.replace('Hello', 'Hullo')
  const elsewhere = { address: '198.51.100.1' }
  const table: readonly [what: string, message: string, arrival: Partial<ArrivalFacts>, wanted: string][] = [
    ['all is well', signed, {}, 'pass, pass, pass reject, none'],
    ['by an exchange', MESSAGE, { address: '192.0.2.2' }, 'pass, none, pass reject, none'],
    ['passed on unchanged', signed, elsewhere, 'fail, pass, pass reject, none'],
    ['changed on its way', changed, elsewhere, 'fail, neutral, fail reject, none'],
    ['the null sender', MESSAGE, { mailFrom: '', address: '192.0.2.2' }, 'pass, none, pass reject, none'],
    ["another's name", MESSAGE, { mailFrom: 'eve@soft.example' }, 'softfail, none, fail reject, none'],
    ['a softer policy', MESSAGE.replace('far', 'soft'), { mailFrom: 'eve@soft.example' }, 'softfail, none, fail quarantine, none'],
    ['DNS that does not answer', MESSAGE.replace('far', 'down'), { mailFrom: 'ann@down.example' }, 'temperror, none, temperror none, none'],
    ['no policy', MESSAGE.replace('far', 'plain'), { mailFrom: 'ann@plain.example' }, 'fail, none, none none, none'],
  ]
  for (const [what, message, arrival, wanted] of table) assert.equal(words(await look(message, arrival)), wanted, what)
})

test('an ARC chain is validated, and told of', async () => {
  const arrival = { domain: 'far.example', results: 'mx.far.example; spf=pass', chain: 'none' } as const
  const sealed = await textOf(withFields(await signer.seal(octets(MESSAGE), arrival), octets(MESSAGE)))
  assert.equal((await look(sealed)).arc, 'pass')
  assert.equal((await look(sealed.replace('Hello', 'Hullo'))).arc, 'fail')
})

test('what is said fits into a field, whatever strangers wrote', async () => {
  const { results } = await look(signed)
  assert.match(results, /^mx\.example\.org;\r\n\tdkim=pass .*spf=pass .*dmarc=pass /s)
  for (const line of results.split('\r\n')) assert.ok(line.length <= 90, line)
  const odd = await look(MESSAGE, { mailFrom: 'a"\r\nBcc: x@y.example\r\n"\u00e9@far.example', heloName: 'x\r\ny' })
  assert.match(odd.results, /^[ -~]+(?:\r\n\t[ -~]+)*$/)
  assert.equal(resultsValue('mx.example.org', [undefined, '']), 'mx.example.org;\r\n\tnone')
  const many = Array.from({ length: 60 }, (_, i) => `DKIM-Signature: v=1; a=rsa-sha256; d=d${i}.example; s=x; h=from; bh=AAAA; b=AAAA\r\n`)
  assert.equal((await look(many.join('') + MESSAGE)).dkim.length, 10)
})

interface Bench {
  readonly authenticator: Authenticator
  readonly clock: ManualClock
}

const opened: { close(): void }[] = []
after(() => opened.forEach((each) => each.close()))

function bench(): Bench {
  const clock = new ManualClock()
  const authenticator = new Authenticator({ resolver, clock, log: silentLogger })
  opened.push(authenticator)
  return { authenticator, clock }
}

test('a thread says the same, also of many at once', async () => {
  const { authenticator } = bench()
  const messages = [signed, MESSAGE, signed.replace('Hello', 'Hullo'), MESSAGE + 'line of text\r\n'.repeat(20_000)]
  const here = await Promise.all(messages.map((message) => look(message)))
  const there = await Promise.all([...messages, ...messages].map((message) => authenticator.check(ARRIVAL, octets(message))))
  assert.deepEqual(there, [...here, ...here])
})

test('what takes too long passes, and what comes later is looked at again', async () => {
  const { authenticator, clock } = bench()
  const stuck = authenticator.check(ARRIVAL, { size: 10, read: () => new Promise(() => {}) })
  clock.advance(AUTHENTICATION_TIME - 1)
  clock.advance(1)
  assert.equal(await stuck, undefined)
  assert.equal((await authenticator.check(ARRIVAL, octets(signed)))?.dkim[0]?.result, 'pass')
  assert.equal(clock.pending, 0)
})

test('more than so many at once, and what cannot be read, pass unseen', async () => {
  const { authenticator } = bench()
  const gate = Promise.withResolvers<Uint8Array>()
  gate.promise.catch(() => {})
  const held = Array.from({ length: MAX_AUTHENTICATIONS }, () => authenticator.check(ARRIVAL, { size: 1, read: () => gate.promise }))
  assert.equal(await authenticator.check(ARRIVAL, octets(signed)), undefined)
  gate.reject(new Error('no store'))
  assert.ok((await Promise.all(held)).every((found) => found === undefined))
  assert.equal((await authenticator.check(ARRIVAL, octets(signed)))?.dkim[0]?.result, 'pass')
})

test('a visit weighs it, tells it, and refuses what the author disowns', async () => {
  const log = collectLogger()
  const policy = createScreening({
    hostName: 'mx.example.org',
    resolver,
    greylist: { recall: async () => undefined, note: async () => {}, allow: async () => {}, forget: async () => 0 } as never,
    isOurs: async () => false,
    trusted: [],
    checks: { reverseName: false, helo: false, senderDomain: false, earlyTalkers: false, authentication: true },
    lists: [],
    thresholds: { greylist: 3, refuse: 10 },
    greylistDelay: 0,
    patience: 4_000,
    log,
    clock: new ManualClock(),
  })
  opened.push(policy)
  const visit = policy.visit({ session: 's1', address: '198.51.100.1' }) as Visit
  const judge = (message: string, domain: string, to = 'ben'): ReturnType<Visit['message']> => {
    visit.helo('mx.far.example')
    visit.sender({ localPart: 'ann', domain })
    const recipients = [{ address: `${to}@example.org` }]
    return visit.message({ blob: octets(message), mailFrom: `ann@${domain}`, recipients } as unknown as PolicySubject)
  }
  const told = async (...args: Parameters<typeof judge>): Promise<string> => {
    const { ruling, findings, results } = await judge(...args)
    assert.match(results ?? '', /^mx\.example\.org;/)
    return [ruling, ...findings.map(({ check }) => check)].join(' ')
  }
  assert.equal(await told(signed, 'far.example'), 'accept')
  assert.deepEqual([(await judge(signed, 'far.example')).proven, (await judge(MESSAGE, 'far.example')).proven], [true, false])
  assert.equal(await told(MESSAGE, 'far.example'), 'refuse spf-fail dmarc-reject')
  assert.equal(await told(MESSAGE, 'far.example', 'postmaster'), 'accept spf-fail dmarc-reject')
  assert.equal(await told(MESSAGE.replace('far', 'soft'), 'soft.example'), 'accept dmarc-quarantine')
  assert.equal(await told(MESSAGE.replace('far', 'down'), 'down.example'), 'accept')
  assert.equal(await told(MESSAGE.replace('far', 'plain'), 'plain.example'), 'accept spf-fail')
  assert.equal(await told(signed, 'far.example'), 'accept', 'what was found of one message is forgotten with the next')
  assert.ok(log.events.some(({ event, fields }) => event === 'screened' && fields['decision'] === 'refuse'))
})
