import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId } from '@mailstead/store'
import { StoreError } from '@mailstead/store'
import { ACCEPTED, collectLogger, judging, ManualClock } from '@mailstead/testkit'
import {
  type Acceptance,
  createDelivery,
  GREETING_DELAY,
  MAX_HEADER,
  MAX_RECEIVED,
  openVisit,
  POLICY_TIMEOUT,
  type TransactionStart,
  type Visit,
} from '@mailstead/delivery'
import { fakeAccounts, fakeIntake, fakeWriter } from './doubles.ts'

const ANN = 1 as AccountId
const MESSAGE = 'From: <x@far.example>\r\nSubject: hi\r\n\r\nText\r\n'

const stranger: TransactionStart = {
  mailFrom: { localPart: 'x', domain: 'far.example' },
  parameters: {},
  size: 100,
  origin: { protocol: 'ESMTPS', remoteAddress: '192.0.2.7', heloName: 'mx.far.example' },
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
}

const submitter: TransactionStart = {
  mailFrom: { localPart: 'ann', domain: 'example.org' },
  parameters: {},
  size: undefined,
  origin: { protocol: 'ESMTPSA', remoteAddress: '192.0.2.9', heloName: 'laptop', account: ANN },
}

function bench() {
  const clock = new ManualClock()
  const log = collectLogger()
  const intake = fakeIntake()
  const accounts = fakeAccounts(['ann', 'bob', 'full', 'cem', 'o k'])
  const delivery = createDelivery({
    intake,
    accounts: accounts.service,
    log,
    clock,
    hostName: 'mx.example.org',
  })
  return { clock, log, intake, accounts, delivery }
}

async function send(b: ReturnType<typeof bench>, start: TransactionStart, recipients: readonly string[], message = MESSAGE) {
  const transaction = b.delivery.begin(start)
  const admissions = []
  for (const localPart of recipients) admissions.push(await transaction.addRecipient({ localPart, domain: 'example.org' }))
  const writer = fakeWriter()
  const reception = transaction.receive(() => writer)
  for (const piece of message.match(/[^]{1,7}/g) ?? []) await reception.write(Buffer.from(piece, 'latin1'))
  const acceptance = await reception.accept()
  return { admissions, writer, acceptance }
}

const failures = ({ outcomes }: Acceptance): (string | undefined)[] => outcomes.map(({ failure }) => failure?.code)

test('one commit, one copy for each account, an outcome for each address', async () => {
  const b = bench()
  const { admissions, writer, acceptance } = await send(b, stranger, ['ann', 'info', 'ann+news', 'bob', 'nobody', 'full'])
  assert.deepEqual(admissions, ['admitted', 'admitted', 'admitted', 'admitted', 'unknown', 'over-quota'])
  assert.deepEqual(failures(acceptance), [undefined, undefined, undefined, undefined])
  assert.equal(b.intake.plans.length, 1)
  const plan = b.intake.plans[0]
  assert.deepEqual(
    plan?.deliveries.map(({ account, recipients, mailbox, prefix }) => [account, recipients, mailbox, Buffer.from(prefix).toString()]),
    [
      [
        1,
        ['ann@example.org', 'info@example.org', 'ann+news@example.org'],
        'INBOX',
        'Return-Path: <x@far.example>\r\nDelivered-To: ann@example.org\r\n',
      ],
      [2, ['bob@example.org'], 'INBOX', 'Return-Path: <x@far.example>\r\nDelivered-To: bob@example.org\r\n'],
    ],
  )
  assert.equal(plan?.queueId, acceptance.queueId)
  assert.ok(writer.text().endsWith(MESSAGE))
  assert.equal(b.accounts.reserved(), 0)
  const told = b.log.events.filter(({ fields }) => fields['queueId'] === acceptance.queueId)
  assert.equal(told.filter(({ event }) => event === 'delivered').length, 4)
})

test('Received names the sender, and the recipient only when there is one', async () => {
  const b = bench()
  const one = await send(b, stranger, ['ann'])
  assert.match(
    one.writer.text(),
    /^Received: from mx\.far\.example \(\[192\.0\.2\.7\]\)\r\n\tby mx\.example\.org with ESMTPS id Q1\r\n\t\(TLSv1\.3:TLS_AES_256_GCM_SHA384\)\r\n\tfor <ann@example\.org>;\r\n\tThu, 15 Jan 2026 \d\d:\d\d:\d\d [+-]\d{4}\r\nFrom: /,
  )
  const two = await send(b, stranger, ['ann', 'bob'])
  assert.doesNotMatch(two.writer.text(), /\tfor /)
  const odd = await send(b, { ...stranger, origin: { protocol: 'SMTP', remoteAddress: '::1', heloName: 'my(pc' } }, ['ann', 'bob'])
  assert.match(odd.writer.text(), /^Received: from \[IPv6:::1\] \(EHLO my\\\(pc\)\r\n/)
})

test('a submission tells neither address nor EHLO name', async () => {
  const { writer } = await send(bench(), submitter, ['bob'], 'From: ann@example.org\r\n\r\n')
  assert.match(writer.text(), /^Received: by mx\.example\.org with ESMTPSA id Q1\r\n/)
  assert.doesNotMatch(writer.text(), /192\.0\.2\.9|laptop/)
})

test('a submission loses Bcc and Return-Path, gains Date and Message-ID, and is else unchanged', async () => {
  const header = 'From: ann@example.org\r\nbcc : a@x,\r\n\tb@x\r\nX-Odd:  a \r\n b\r\nResent-Bcc: c@x\r\nReturn-Path: <y@x>\r\nno field\r\n'
  const body = '\r\nBcc: stays\r\n.\r\n\xe4\r\n'
  const { writer } = await send(bench(), submitter, ['bob'], header + body)
  const text = writer.text().replace(/^Received:.*\r\n(?:\t.*\r\n)*/, '')
  assert.match(
    text,
    /^From: ann@example\.org\r\nX-Odd: {2}a \r\n b\r\nno field\r\nDate: Thu, 15 Jan 2026 .*\r\nMessage-ID: <Q1@mx\.example\.org>\r\n\r\nBcc: stays\r\n\.\r\n\xe4\r\n$/,
  )
})

test('a submission with everything in place is not touched', async () => {
  const message = 'DATE: x\r\nMessage-Id: <a@b>\r\nFrom: ann@example.org\r\n\r\nText\r\n'
  const { writer } = await send(bench(), submitter, ['bob'], message)
  assert.ok(writer.text().endsWith(`\r\n${message}`))
})

test('text without any header gets one', async () => {
  const { writer } = await send(bench(), submitter, ['bob'], 'Hello\r\nAnn\r\n')
  assert.match(writer.text(), /\r\nMessage-ID: <Q1@mx\.example\.org>\r\n\r\nHello\r\nAnn\r\n$/)
})

const authors: [what: string, header: string, nullPath: boolean, failure: string | undefined][] = [
  ['own', 'From: Ann <ann@example.org>', false, undefined],
  ['own with a tag', 'From: ann+x@example.org', false, undefined],
  ['foreign', 'From: bob@example.org', false, 'foreign-author'],
  ['one of two foreign', 'From: ann@example.org, x@far.example\r\nSender: ann@example.org', false, 'foreign-author'],
  ['second From field', 'From: ann@example.org\r\nFrom : bob@example.org', false, 'foreign-author'],
  ['foreign Sender', 'From: ann@example.org\r\nSender: bob@example.org', false, 'foreign-author'],
  ['folded', 'From:\r\n =?utf-8?q?Ann?= <bob@example.org>', false, 'foreign-author'],
  ['none', 'Subject: x', false, undefined],
  ['own, null path', 'From: ann@example.org', true, undefined],
  ['foreign, null path', 'From: bob@example.org', true, 'foreign-author'],
  ['none, null path', 'Subject: x', true, 'foreign-author'],
]

for (const [what, header, nullPath, failure] of authors) {
  test(`author of a submission: ${what}`, async () => {
    const b = bench()
    const start = nullPath ? { ...submitter, mailFrom: undefined } : submitter
    const { acceptance, writer } = await send(b, start, ['bob'], `${header}\r\n\r\nText\r\n`)
    assert.deepEqual(failures(acceptance), [failure])
    assert.equal(b.intake.plans.length, failure === undefined ? 1 : 0)
    assert.equal(writer.state, failure === undefined ? 'released' : 'aborted')
  })
}

test('a message that was here before is in a loop for that account only', async () => {
  const b = bench()
  const { acceptance } = await send(b, stranger, ['ann', 'bob'], `Delivered-To: ANN@example.org\r\n${MESSAGE}`)
  assert.deepEqual(failures(acceptance), ['loop', undefined])
  const all = await send(b, stranger, ['ann'], `Delivered-To: <ann@example.org>\r\n${MESSAGE}`)
  assert.deepEqual(failures(all.acceptance), ['loop'])
  assert.equal(b.intake.plans.length, 1)
})

test('a quoted local part is one in Delivered-To, and is known again', async () => {
  const b = bench()
  await send(b, stranger, ['o k'])
  const prefix = Buffer.from(b.intake.plans[0]?.deliveries[0]?.prefix ?? []).toString()
  assert.equal(prefix, 'Return-Path: <x@far.example>\r\nDelivered-To: "o k"@example.org\r\n')
  const { acceptance } = await send(b, stranger, ['o k'], prefix + MESSAGE)
  assert.deepEqual(failures(acceptance), ['loop'])
  assert.equal(b.log.events.filter(({ event }) => event === 'message accepted').length, 1)
})

test('too many Received fields', async () => {
  const b = bench()
  const hops = (n: number): string => 'Received: by x; date\r\n'.repeat(n) + MESSAGE
  assert.deepEqual(failures((await send(b, stranger, ['ann'], hops(MAX_RECEIVED))).acceptance), [undefined])
  assert.deepEqual(failures((await send(b, stranger, ['ann', 'bob'], hops(MAX_RECEIVED + 1))).acceptance), [
    'too-many-hops',
    'too-many-hops',
  ])
  assert.equal(b.accounts.reserved(), 0)
})

test('a header without end is kept from strangers and refused on submission', async () => {
  const b = bench()
  const long = `From: ann@example.org\r\n${`X-Long: ${'x'.repeat(900)}\r\n`.repeat(MAX_HEADER / 900 + 1)}\r\nText\r\n`
  const kept = await send(b, stranger, ['ann'], long)
  assert.deepEqual(failures(kept.acceptance), [undefined])
  assert.ok(kept.writer.text().endsWith(long))
  assert.deepEqual(failures((await send(b, submitter, ['bob'], long)).acceptance), ['header-too-big'])
})

test('the store in trouble: nothing is kept, everything is given back', async () => {
  const b = bench()
  b.intake.answer = () => new StoreError('unavailable', 'disk full')
  const { acceptance, writer } = await send(b, stranger, ['ann', 'bob'])
  assert.deepEqual(failures(acceptance), ['unavailable', 'unavailable'])
  assert.equal(writer.state, 'released')
  assert.equal(b.accounts.reserved(), 0)
  assert.ok(b.log.events.some(({ level }) => level === 'error'))
})

test('an account that went away harms no other', async () => {
  const b = bench()
  b.intake.answer = ({ deliveries }) =>
    deliveries.map(({ account }) =>
      account === ANN ? { ok: false, code: 'account-not-found' } : { ok: true, mailbox: 1 as never, uid: 1 as never },
    )
  const { acceptance } = await send(b, stranger, ['ann', 'info', 'bob'])
  assert.deepEqual(failures(acceptance), ['account-not-found', 'account-not-found', undefined])
})

test('giving up gives back', async () => {
  const b = bench()
  const transaction = b.delivery.begin(stranger)
  await transaction.addRecipient({ localPart: 'ann', domain: 'example.org' })
  await transaction.addRecipient({ localPart: 'info', domain: 'example.org' })
  assert.equal(b.accounts.reserved(), 100)
  const writer = fakeWriter()
  const reception = transaction.receive(() => writer)
  await reception.write(Buffer.from('From: x\r\n'))
  await reception.abort()
  assert.equal(writer.state, 'aborted')
  assert.equal(b.accounts.reserved(), 0)
})

test('what is granted after the end is given back at once', async () => {
  const b = bench()
  const transaction = b.delivery.begin(stranger)
  const adding = transaction.addRecipient({ localPart: 'ann', domain: 'example.org' })
  transaction.release()
  await adding
  assert.equal(b.accounts.reserved(), 0)
})

/** A stranger whose mail is judged. */
function judged(b: ReturnType<typeof bench>, stages: Partial<Visit>): TransactionStart & { readonly visit: Visit } {
  const visit = openVisit(judging(stages), { session: 's1', address: '192.0.2.7' }, b.clock, b.log)
  assert.ok(visit)
  return { ...stranger, visit }
}

test('the policy decides before the commit', async () => {
  for (const ruling of ['refuse', 'defer'] as const) {
    const b = bench()
    const message = () => Promise.resolve({ ...ACCEPTED, ruling, text: 'Not today' })
    const { acceptance, writer } = await send(b, judged(b, { message }), ['ann'])
    const code = ruling === 'refuse' ? 'policy-refused' : 'policy-deferred'
    assert.deepEqual(acceptance.outcomes[0]?.failure, { code, text: 'Not today' })
    assert.equal(b.intake.plans.length, 0)
    assert.equal(writer.state, 'released')
  }
})

test('the policy is asked of each recipient that is ours, and what it turns down is reserved nothing', async () => {
  const b = bench()
  const asked: string[] = []
  const start = judged(b, {
    recipient({ address, account }) {
      asked.push(`${address.localPart} → ${account?.localPart}`)
      return Promise.resolve(address.localPart === 'info' ? { ...ACCEPTED, ruling: 'defer', text: 'Later' } : ACCEPTED)
    },
  })
  const { admissions, acceptance } = await send(b, start, ['info', 'nobody', 'bob'])
  assert.deepEqual(admissions, [{ code: 'policy-deferred', text: 'Later' }, 'unknown', 'admitted'])
  assert.deepEqual(asked, ['info → ann', 'bob → bob'])
  assert.deepEqual(failures(acceptance), [undefined])
  assert.deepEqual(
    b.intake.plans[0]?.deliveries.map(({ recipients }) => recipients),
    [['bob@example.org']],
  )
})

test('what the policy found goes along into the trace, nothing found does not', async () => {
  const findings = [
    { check: 'helo-unknown', weight: 2, reason: 'no address belongs to it' },
    { check: 'dns-list', weight: -1, reason: 'listed' },
  ]
  for (const found of [{ score: 1, findings }, {}]) {
    const b = bench()
    await send(b, judged(b, { message: () => Promise.resolve({ ...ACCEPTED, ...found }) }), ['ann'])
    const words = 'score 1: helo-unknown 2 (no address belongs to it), dns-list -1 (listed)'
    assert.equal(b.intake.plans[0]?.screened, 'score' in found ? words : undefined)
  }
})

test('what the policy says of the sender stands in front of each copy, and pretences of it are taken out', async () => {
  const b = bench()
  const results = 'mx.example.org;\r\n\tspf=pass smtp.mailfrom=far.example'
  const start = judged(b, { message: () => Promise.resolve({ ...ACCEPTED, results }) })
  const pretences = [
    'Authentication-Results: mx.example.org; spf=pass\r\n',
    'authentication-results:\r\n (a (nested) \\) comment) "MX.example.ORG" 1; dkim=pass\r\n\theader.d=far.example\r\n',
  ]
  const others = ['Authentication-Results: mx.far.example; spf=pass\r\n', 'Authentication-Results: mx.example.org.far.example; none\r\n']
  const message = `${pretences[0]}${others[0]}From: a@far.example\r\n${pretences[1]}${others[1]}\r\nHello\r\n`
  const clean = `${others.join('From: a@far.example\r\n')}\r\nHello\r\n`
  const { writer } = await send(b, start, ['ann', 'bob'], message)
  assert.ok(writer.text().endsWith(`\r\n${clean}`), writer.text())
  assert.ok(!pretences.some((text) => writer.text().includes(text)), writer.text())
  for (const { prefix } of b.intake.plans[0]?.deliveries ?? [])
    assert.match(
      Buffer.from(prefix).toString(),
      /^Return-Path: .*\r\nDelivered-To: .*\r\nAuthentication-Results: mx\.example\.org;\r\n\tspf=pass smtp\.mailfrom=far\.example\r\n$/,
    )
  // Nobody judges our own servers, which may be those that wrote it.
  const own = await send(bench(), stranger, ['ann'], message)
  assert.ok(own.writer.text().endsWith(message))
  const submitted = await send(bench(), submitter, ['bob'], `${pretences[0]}From: ann@example.org\r\n\r\nHello\r\n`)
  assert.ok(!submitted.writer.text().includes('Authentication-Results'))
})

test('a policy that fails stops no mail, whichever stage it fails in', async () => {
  const fail = (): never => {
    throw new Error('broken')
  }
  const reject = (): Promise<never> => Promise.reject(new Error('broken'))
  const b = bench()
  const start = judged(b, { connected: reject, spokeEarly: fail, helo: fail, sender: fail, recipient: reject, message: reject })
  await start.visit.connected()
  start.visit.spokeEarly()
  start.visit.helo('mx.far.example')
  start.visit.sender(undefined)
  assert.deepEqual(failures((await send(b, start, ['ann'])).acceptance), [undefined])
  const logged = b.log.events.filter(({ event }) => event === 'policy failed, mail passes').map(({ fields }) => fields['stage'])
  assert.deepEqual(logged, ['greeting', 'early', 'helo', 'mail', 'rcpt', 'data'])
  assert.equal(openVisit({ visit: fail }, { session: 's1', address: '192.0.2.7' }, b.clock, b.log), undefined)
})

test('a policy that is late stops no mail', async () => {
  for (const stage of ['recipient', 'message'] as const) {
    const asked = Promise.withResolvers<void>()
    const b = bench()
    const late = (): Promise<never> => {
      asked.resolve()
      return new Promise(() => {})
    }
    const sent = send(b, judged(b, { [stage]: late }), ['ann'])
    await asked.promise
    b.clock.advance(POLICY_TIMEOUT)
    assert.deepEqual(failures((await sent).acceptance), [undefined])
  }
  const b = bench()
  const greeting = judged(b, { connected: () => new Promise(() => {}) }).visit.connected()
  b.clock.advance(GREETING_DELAY)
  await greeting
})
