import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId, RecipientParameters } from '@mailstead/store'
import { ManualClock, collectLogger } from '@mailstead/testkit'
import { createDelivery, type DeliveryOptions, type TransactionStart } from '@mailstead/delivery'
import { fakeAccounts, fakeIntake, fakeWriter } from './doubles.ts'

const submitter: TransactionStart = {
  mailFrom: { localPart: 'ann', domain: 'example.org' },
  parameters: {},
  size: undefined,
  origin: { protocol: 'ESMTPSA', remoteAddress: '192.0.2.9', heloName: 'laptop', account: 1 as AccountId },
}
const stranger: TransactionStart = { ...submitter, origin: { protocol: 'ESMTPS', remoteAddress: '192.0.2.7', heloName: 'mx.far.example' } }
const report: TransactionStart = { mailFrom: undefined, parameters: {}, size: undefined, origin: { protocol: 'LOCAL' }, reported: [7, 8] }

type Given = readonly [address: string, parameters?: RecipientParameters]

const relays = (domain: string): boolean => domain === 'xn--bcher-kva.example'

async function send(start: TransactionStart, recipients: readonly Given[], leaves = true, more: Partial<DeliveryOptions> = {}) {
  const intake = fakeIntake()
  const accounts = fakeAccounts(['ann', 'bob'])
  const hostName = 'mx.example.org'
  const options = { intake, accounts: accounts.service, log: collectLogger(), clock: new ManualClock(), hostName, leaves, relays, ...more }
  const transaction = createDelivery(options).begin(start)
  const admissions = []
  for (const [address, parameters] of recipients) {
    const at = address.lastIndexOf('@')
    admissions.push(await transaction.addRecipient({ localPart: address.slice(0, at), domain: address.slice(at + 1) }, parameters))
  }
  const reception = transaction.receive(() => fakeWriter())
  await reception.write(Buffer.from('From: ann@example.org\r\n\r\nText\r\n'))
  const { outcomes } = await reception.accept()
  return { admissions, outcomes, plans: intake.plans }
}

test('own people write to anybody: local and remote recipients are one acceptance', async () => {
  const parameters: RecipientParameters = { notify: ['SUCCESS'], orcpt: 'rfc822;far@example.net' }
  const { admissions, outcomes, plans } = await send(submitter, [['far@example.net', parameters], ['bob@example.org'], ['q"x@[192.0.2.1]']])
  assert.deepEqual(admissions, ['admitted', 'admitted', 'admitted'])
  assert.deepEqual(
    outcomes.map(({ failure }) => failure),
    [undefined, undefined, undefined],
  )
  assert.equal(plans.length, 1)
  assert.equal(plans[0]?.deliveries.length, 1)
  assert.deepEqual(plans[0]?.queued, [
    { recipient: 'far@example.net', domain: 'example.net', parameters },
    { recipient: '"q\\"x"@[192.0.2.1]', domain: '[192.0.2.1]', parameters: {} },
  ])
})

test('a domain names its lane in lower case and A-labels, and its address stays as it was written', async () => {
  const { plans } = await send(submitter, [['Info@BÜCHER.Example'], ['a@EXAMPLE.net']])
  assert.deepEqual(
    plans[0]?.queued.map(({ recipient, domain }) => [recipient, domain]),
    [
      ['Info@BÜCHER.Example', 'xn--bcher-kva.example'],
      ['a@EXAMPLE.net', 'example.net'],
    ],
  )
})

test('an address given twice has two answers and is written to once', async () => {
  const { outcomes, plans } = await send(submitter, [['a@example.net', { notify: ['NEVER'] }], ['a@EXAMPLE.NET'], ['A@example.net']])
  assert.equal(outcomes.length, 3)
  assert.deepEqual(
    plans[0]?.queued.map(({ recipient, parameters }) => [recipient, parameters]),
    [
      ['a@example.net', { notify: ['NEVER'] }],
      ['A@example.net', {}],
    ],
  )
})

test('what cannot stand in DNS is refused at once', async () => {
  const { admissions } = await send(submitter, [[`a@${'x'.repeat(64)}.example`]])
  assert.deepEqual(admissions, ['no-such-domain'])
})

test('strangers get nothing to others, and nobody does where nothing is sent', async () => {
  assert.deepEqual((await send(stranger, [['far@example.net']])).admissions, ['elsewhere'])
  assert.deepEqual((await send(submitter, [['far@example.net']], false)).admissions, ['elsewhere'])
})

test('strangers write to the domains that we relay for, by no way that their servers could take further', async () => {
  const parameters: RecipientParameters = { notify: ['NEVER'] }
  const { admissions, plans } = await send(stranger, [
    ['a+tag@Bücher.example', parameters],
    ['a@xn--bcher-kva.example'],
    ['a@sub.xn--bcher-kva.example'],
    ['a%far.example@bücher.example'],
    ['far.example!a@bücher.example'],
    ['a@far.example@bücher.example'],
    ['a@example'],
  ])
  assert.deepEqual(admissions, ['admitted', 'admitted', 'elsewhere', 'elsewhere', 'elsewhere', 'elsewhere', 'elsewhere'])
  assert.deepEqual(plans[0]?.queued, [
    { recipient: 'a+tag@Bücher.example', domain: 'xn--bcher-kva.example', parameters },
    { recipient: 'a@xn--bcher-kva.example', domain: 'xn--bcher-kva.example', parameters: {} },
  ])
})

test('a report of what is relayed goes to senders alone whose domain stands for the message', async () => {
  const judged = (proven?: boolean): TransactionStart => {
    const verdict = { ruling: 'accept', score: 0, findings: [], ...(proven === undefined ? {} : { proven }) } as const
    const visit = { recipient: async () => verdict, message: async () => verdict } as unknown as NonNullable<TransactionStart['visit']>
    return { ...stranger, visit }
  }
  for (const [start, forgeable] of [
    [judged(true), undefined],
    [judged(false), true],
    [judged(), true],
    [stranger, undefined],
  ] as const) {
    const { plans } = await send(start, [['a@bücher.example']])
    assert.equal(plans[0]?.parameters.forgeable, forgeable)
  }
  // What came to accounts of ours alone is reported of at once, to who asked for it.
  assert.equal((await send(judged(), [['ann@example.org']])).plans[0]?.parameters.forgeable, undefined)
})

test('nothing is relayed where nothing is sent, and nothing that comes by LMTP', async () => {
  assert.deepEqual((await send(stranger, [['a@bücher.example']], false)).admissions, ['elsewhere'])
  const lmtp: TransactionStart = { ...stranger, origin: { ...stranger.origin, protocol: 'LMTPS' } }
  assert.deepEqual((await send(lmtp, [['a@bücher.example']])).admissions, ['elsewhere'])
})

test('a report leaves too, and carries what it reports of', async () => {
  const { admissions, plans } = await send(report, [['far@example.net']])
  assert.deepEqual(admissions, ['admitted'])
  assert.deepEqual([plans[0]?.reported, plans[0]?.mailFrom], [[7, 8], ''])
})

test('only what people write is held against the list of addresses that are gone', async () => {
  const asked: string[] = []
  const suppressed = (recipient: string, domain: string): Promise<string | undefined> => {
    asked.push(`${recipient} ${domain}`)
    return Promise.resolve(recipient.startsWith('gone@') ? 'it is gone' : undefined)
  }
  const gone = { code: 'suppressed', text: 'it is gone' }
  const table: readonly (readonly [TransactionStart, string, unknown])[] = [
    [submitter, 'gone@BÜCHER.example', gone],
    [submitter, 'there@far.example', 'admitted'],
    [submitter, 'Postmaster@far.example', 'admitted'],
    [{ ...submitter, mailFrom: undefined }, 'gone@far.example', 'admitted'],
    [report, 'gone@far.example', 'admitted'],
  ]
  for (const [start, address, expected] of table) {
    const { admissions } = await send(start, [[address]], true, { suppressed })
    assert.deepEqual(admissions, [expected], address)
  }
  assert.deepEqual(asked, ['gone@BÜCHER.example xn--bcher-kva.example', 'there@far.example far.example'])
})
