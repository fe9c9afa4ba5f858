import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountService, Resolution } from '@mailstead/accounts'
import { SenderRewriting } from '@mailstead/signing'
import {
  StoreError,
  type AcceptPlan,
  type Account,
  type AccountId,
  type DeliveryOutcome,
  type Intake,
  type Traced,
  type Forwarding,
  type RecipientParameters,
} from '@mailstead/store'
import { ManualClock, collectLogger } from '@mailstead/testkit'
import { createDelivery, type DeliveryOptions, type TransactionStart, type Verdict, type Visit } from '@mailstead/delivery'
import { fakeAccounts, fakeIntake, fakeWriter } from './doubles.ts'

const clock = new ManualClock(Date.UTC(2027, 0, 1))
const rewriting = new SenderRewriting(Buffer.alloc(32, 7))

const stranger: TransactionStart = {
  mailFrom: { localPart: 'joe', domain: 'far.example' },
  parameters: {},
  size: undefined,
  origin: { protocol: 'ESMTPS', remoteAddress: '192.0.2.7', heloName: 'mx.far.example' },
}
const submitter: TransactionStart = {
  ...stranger,
  mailFrom: { localPart: 'bob', domain: 'example.org' },
  origin: { protocol: 'ESMTPSA', account: 2 as AccountId },
}
const nobody: TransactionStart = { ...stranger, mailFrom: undefined }

const only = (...targets: string[]): Forwarding => ({ targets, keep: false, told: false })

/** What forwards, by local part at example.org. Groups are those whose name is no account's. */
const FORWARDING: Record<string, Forwarding> = {
  away: only('away@far.example'),
  both: { ...only('both@far.example'), keep: true },
  told: { ...only('told@far.example'), told: true },
  odd: { ...only('j\u00f6rg@far.example'), told: true },
  team: only('ann@example.org', 'bob@example.org', 'x@Far.Example', 'away@example.org', 'team@example.org'),
  round: only('circle@example.org'),
  circle: only('round@example.org'),
  some: only('ann@example.org', 'full@example.org', 'nobody@example.org'),
  lost: only('full@example.org'),
  here: only('ann@example.org', 'bob@example.org'),
}
const ACCOUNTS = ['ann', 'bob', 'full', 'away', 'both']

function accounts(): Pick<AccountService, 'resolve' | 'maySendAs' | 'reserve'> {
  const { service } = fakeAccounts(ACCOUNTS)
  return {
    ...service,
    async resolve(localPart, domain): Promise<Resolution> {
      const resolution = await service.resolve(localPart, domain)
      const forwarding = FORWARDING[localPart]
      if (forwarding === undefined || resolution.kind === 'elsewhere') return resolution
      if (resolution.kind === 'local') {
        const account: Account = { ...resolution.recipient.account, forwarding }
        return { kind: 'local', recipient: { ...resolution.recipient, account } }
      }
      return { kind: 'group', group: { localPart, domain: 'example.org', ...forwarding } }
    },
  }
}

interface Sending {
  readonly start?: TransactionStart
  readonly to: readonly (string | readonly [string, RecipientParameters])[]
  readonly header?: string
  readonly verdict?: Partial<Verdict>
  readonly options?: Partial<DeliveryOptions>
  readonly traced?: Intake['traced']
  readonly answers?: (plan: AcceptPlan) => readonly DeliveryOutcome[] | Error
}

const GONE: DeliveryOutcome = { ok: false, code: 'account-not-found' }
const KEPT = { ok: true, mailbox: 1, uid: 1 } as DeliveryOutcome

async function send({ start = stranger, to, header = '', verdict, options = {}, traced, answers }: Sending) {
  const intake = fakeIntake()
  intake.answer = answers
  if (traced !== undefined) intake.traced = traced
  const accept: Verdict = { ruling: 'accept', score: 0, findings: [] }
  const visit = { recipient: async () => accept, message: async () => ({ ...accept, ...verdict }) } as unknown as Visit
  const context = {
    intake,
    accounts: accounts(),
    log: collectLogger(),
    clock,
    hostName: 'mx.example.org',
    leaves: true,
    rewriting,
    ...options,
  }
  const transaction = createDelivery(context).begin({ ...start, ...(verdict === undefined ? {} : { visit }) })
  const admissions = []
  for (const each of to) {
    const [address, parameters] = typeof each === 'string' ? [each, {}] : each
    const at = address.lastIndexOf('@')
    admissions.push(await transaction.addRecipient({ localPart: address.slice(0, at), domain: address.slice(at + 1) }, parameters))
  }
  const reception = transaction.receive(() => fakeWriter())
  await reception.write(Buffer.from(`${header}From: joe@far.example\r\n\r\nText\r\n`))
  const { outcomes } = await reception.accept()
  const [plan] = intake.plans
  return {
    admissions,
    failures: outcomes.map(({ failure }) => failure?.code),
    plan,
    local: plan?.deliveries.map(({ account }) => ACCOUNTS[account - 1]),
    queued: plan?.queued.map(({ recipient }) => recipient),
    senders: plan?.copies?.map(({ mailFrom }) => mailFrom),
    marks: plan?.copies?.map(({ prefix }) => Buffer.from(prefix).toString()),
  }
}

const SRS = `${rewriting.encode({ localPart: 'joe', domain: 'far.example' }, clock.now())}@example.org`

test('an address leads to all its targets, each of them once, in one acceptance', async () => {
  const table: [to: string, local: string[], queued: string[]][] = [
    ['away@example.org', [], ['away@far.example']],
    ['both@example.org', ['both'], ['both@far.example']],
    ['team@example.org', ['ann', 'bob'], ['x@Far.Example', 'away@far.example']],
    ['here@example.org', ['ann', 'bob'], []],
    ['some@example.org', ['ann'], []],
  ]
  for (const [to, local, queued] of table) {
    const sent = await send({ to: [to, to] })
    assert.deepEqual(
      { to, local: sent.local, queued: sent.queued, failures: sent.failures },
      { to, local, queued, failures: [undefined, undefined] },
    )
  }
})

test('the sender is rewritten, but for our own people and for reports', async () => {
  const seen = async (start: TransactionStart): Promise<unknown> => {
    const { senders, plan } = await send({ start, to: ['away@example.org'] })
    return [senders, plan?.copies?.[0]?.own, plan?.queued[0]?.original]
  }
  assert.deepEqual(await seen(stranger), [[SRS], false, 'away@example.org'])
  assert.deepEqual(await seen(nobody), [[''], false, 'away@example.org'])
  assert.deepEqual(await seen({ ...nobody, origin: { protocol: 'LOCAL' } }), [[''], true, 'away@example.org'])
  const { senders, plan } = await send({ start: { ...submitter, origin: { protocol: 'LOCAL' } }, to: ['away@example.org'] })
  assert.deepEqual([senders, plan?.copies?.[0]?.own], [['bob@example.org'], true])
})

test('each way to an address has its own marks, and mail that comes back is stopped', async () => {
  const { marks } = await send({ to: ['team@example.org'] })
  assert.deepEqual(marks, ['Delivered-To: team@example.org\r\n', 'Delivered-To: away@example.org\r\nDelivered-To: team@example.org\r\n'])
  const table: [mark: string, to: string, failure: string | undefined, local: string[] | undefined, queued: string[] | undefined][] = [
    ['away@example.org', 'away@example.org', 'loop', undefined, undefined],
    ['Both@Example.org', 'both@example.org', 'loop', undefined, undefined],
    ['team@example.org', 'team@example.org', 'loop', undefined, undefined],
    ['away@example.org', 'team@example.org', undefined, ['ann', 'bob'], ['x@Far.Example']],
    ['ann@example.org', 'team@example.org', undefined, ['bob'], ['x@Far.Example', 'away@far.example']],
  ]
  for (const [mark, to, failure, local, queued] of table) {
    const sent = await send({ to: [to], header: `Delivered-To: ${mark}\r\n` })
    assert.deepEqual([mark, to, sent.failures[0], sent.local, sent.queued], [mark, to, failure, local, queued])
  }
  assert.deepEqual((await send({ to: ['round@example.org'] })).admissions, ['unknown'])
})

test('what is found of its arrival goes along, to be sealed in the domain that forwards', async () => {
  const verdict = { results: 'mx.example.org; spf=pass', chain: 'pass', proven: true } as const
  const { plan } = await send({ to: ['away@example.org'], verdict })
  assert.deepEqual(plan?.copies?.[0]?.arrival, { domain: 'example.org', results: verdict.results, chain: 'pass' })
  assert.equal('arrival' in ((await send({ to: ['away@example.org'] })).plan?.copies?.[0] ?? {}), false)
})

test('nobody sends reports to a sender whose name may be borrowed', async () => {
  const { plan, senders } = await send({
    to: [['away@example.org', { notify: ['SUCCESS'] }]],
    verdict: { results: 'x', chain: 'none', proven: false },
  })
  assert.deepEqual([plan?.parameters.forgeable, plan?.queued[0]?.parameters], [true, { notify: ['NEVER'] }])
  const [sender = ''] = senders ?? []
  assert.match(sender, /^SRS0=.*=far\.example=joe@example\.org$/)
  assert.notEqual(sender, SRS)
  assert.deepEqual((await send({ start: nobody, to: [sender] })).admissions, [{ code: 'return-forged' }])
})

test('what others would hold against us stays, or is refused where nothing stays', async () => {
  const verdict = { results: 'x', chain: 'none', unfit: 'it was judged as spam' } as const
  const { failures, local, queued, plan } = await send({ to: ['away@example.org', 'both@example.org', 'ann@example.org'], verdict })
  assert.deepEqual([failures, local, queued], [['not-forwarded', undefined, undefined], ['ann', 'both'], []])
  assert.equal(plan?.screened, 'not forwarded: it was judged as spam')
  assert.deepEqual(
    plan?.reports?.flatMap(({ recipient, delivery, failed }) => (delivery === undefined ? [[recipient, failed?.status]] : [])),
    [['away@example.org', '5.7.1']],
  )
  assert.deepEqual((await send({ to: ['away@example.org'], verdict })).plan, undefined)
})

test('RFC 3461 section 5.2.7: one target takes over what was asked for, several do not tell of success', async () => {
  const parameters: RecipientParameters = { notify: ['SUCCESS', 'FAILURE'], orcpt: 'rfc822;x@y.example' }
  const one = await send({ to: [['away@example.org', parameters]] })
  assert.deepEqual(one.plan?.queued[0]?.parameters, parameters)
  assert.deepEqual(one.plan?.reports, [])
  const several = await send({ to: [['team@example.org', parameters]] })
  assert.deepEqual(several.plan?.queued[0]?.parameters, { notify: ['FAILURE'], orcpt: parameters.orcpt })
  const told = several.plan?.reports?.filter(({ relayed, delivered }) => relayed ?? delivered)
  assert.deepEqual(
    told?.map(({ recipient, relayed }) => [recipient, relayed?.status]),
    [['team@example.org', '2.0.0']],
  )
  const success = await send({ to: [['team@example.org', { notify: ['SUCCESS'] }]] })
  assert.deepEqual(success.plan?.queued[0]?.parameters.notify, ['NEVER'])
  const kept = await send({ to: [['both@example.org', parameters]] })
  assert.deepEqual(
    kept.plan?.reports?.map(({ delivered, relayed }) => [delivered?.status, relayed]),
    [['2.0.0', undefined]],
  )
})

test('some who are not reached do not stop the others, and are told of', async () => {
  const { admissions, plan } = await send({ to: ['some@example.org'] })
  assert.deepEqual(admissions, ['admitted'])
  assert.deepEqual(
    plan?.reports?.flatMap(({ recipient, delivery, failed }) => (delivery === undefined ? [[recipient, failed?.status]] : [])),
    [
      ['some@example.org', '5.1.1'],
      ['some@example.org', '5.2.2'],
    ],
  )
  assert.deepEqual((await send({ to: ['lost@example.org'] })).admissions, ['over-quota'])
})

test('who writes is told where it goes, where that is wanted and can be said', async () => {
  const utf8 = { ...stranger, parameters: { smtpUtf8: true } }
  assert.deepEqual((await send({ to: ['told@example.org', 'odd@example.org'] })).admissions, [
    { forwardsTo: 'told@far.example' },
    'admitted',
  ])
  assert.deepEqual((await send({ start: utf8, to: ['odd@example.org'] })).admissions, [{ forwardsTo: 'j\u00f6rg@far.example' }])
})

test('a server that sends nothing forwards to its own alone', async () => {
  for (const options of [{ leaves: false }, { rewriting: undefined as never }]) {
    const { admissions, local, queued } = await send({ to: ['away@example.org', 'both@example.org'], options })
    assert.deepEqual([admissions, local, queued], [['elsewhere', 'admitted'], ['both'], []])
  }
})

test('a report to a rewritten sender is turned back, by however many turns it came', async () => {
  const { queued, senders, marks, plan } = await send({ start: nobody, to: [SRS] })
  assert.deepEqual([queued, senders, marks], [['joe@far.example'], [''], [`Delivered-To: ${SRS}\r\n`]])
  assert.equal(plan?.copies?.[0]?.own, false)
  const other = `${rewriting.encode({ localPart: 'SRS0=AAAA=BB=x.example=joe', domain: 'mid.example' }, clock.now())}@example.org`
  assert.match(other, /^SRS1=/)
  assert.deepEqual((await send({ start: nobody, to: [other] })).queued, ['SRS0=AAAA=BB=x.example=joe@mid.example'])
  // It came through here twice.
  const [localPart = ''] = SRS.split('@')
  const twice = `${rewriting.encode({ localPart, domain: 'example.org' }, clock.now())}@example.org`
  assert.deepEqual((await send({ start: nobody, to: [twice] })).queued, ['joe@far.example'])
  const ours = `${rewriting.encode({ localPart: 'ann', domain: 'example.org' }, clock.now())}@example.org`
  assert.deepEqual((await send({ start: nobody, to: [ours] })).local, ['ann'])
})

test('a sender too long to be rewritten is named by the queue id, and found in the trace', async () => {
  const mailFrom = { localPart: 'Bounces+0123456789-abcdef-user=example.org', domain: 'em1234.mail.far.example' }
  const [sender = ''] = (await send({ start: { ...stranger, mailFrom }, to: ['away@example.org'] })).senders ?? []
  assert.match(sender, /^SRS0=[A-Z2-7]{6}=[A-Z2-7]{2}=queue-id=Q1@example\.org$/)
  const traced = (known: readonly string[]): Partial<Sending> => ({
    traced: async (query) =>
      'queueId' in query && known.includes(query.queueId) ? [{ mailFrom: `${mailFrom.localPart}@${mailFrom.domain}` } as Traced] : [],
  })
  const back = { start: nobody, to: [sender.toLowerCase()] }
  assert.deepEqual((await send({ ...back, ...traced(['Q1']) })).queued, [`${mailFrom.localPart}@${mailFrom.domain}`])
  assert.deepEqual((await send({ ...back, ...traced([]) })).admissions, [{ code: 'return-expired' }])
  const forged = sender.replace('=Q1@', '=Q2@')
  assert.deepEqual((await send({ start: nobody, to: [forged], ...traced(['Q2']) })).admissions, [{ code: 'return-forged' }])
})

test('nothing else goes by way of rewritten senders', async () => {
  const day = 24 * 60 * 60 * 1000
  const made = (at: number): string => `${rewriting.encode({ localPart: 'joe', domain: 'far.example' }, at)}@example.org`
  const foreign = `${new SenderRewriting(Buffer.alloc(32, 8)).encode({ localPart: 'joe', domain: 'far.example' }, clock.now())}@example.org`
  const table: [what: string, start: TransactionStart, to: string, answer: string][] = [
    ['mail of a stranger', stranger, SRS, 'return-reports-only'],
    ['mail of our own', submitter, SRS, 'return-reports-only'],
    ['21 days', nobody, made(clock.now() - 21 * day), 'admitted'],
    ['22 days', nobody, made(clock.now() - 22 * day), 'return-expired'],
    ['from tomorrow', nobody, made(clock.now() + day), 'return-expired'],
    ['another secret', nobody, foreign, 'return-forged'],
    ['another sender', nobody, SRS.replace('=joe@', '=eve@'), 'return-forged'],
    ['another domain', nobody, SRS.replace('far.example', 'evil.example'), 'return-forged'],
    ['another time', nobody, SRS.replace(/=(..)=far/, '=AA=far'), 'return-forged'],
    ['a made-up chain', nobody, 'SRS1=AAAAAA=evil.example==x=y=far.example=joe@example.org', 'return-forged'],
    ['a domain that is not ours', nobody, SRS.replace('@example.org', '@other.example'), 'elsewhere'],
  ]
  for (const [what, start, to, answer] of table) {
    const { admissions } = await send({ start, to: [to] })
    const [admission] = admissions
    assert.equal(typeof admission === 'object' && 'code' in admission ? admission.code : admission, answer, what)
  }
})

test('an account that goes away meanwhile fails alone', async () => {
  const gone = (...ids: number[]): Partial<Sending> => ({
    answers: (plan) => plan.deliveries.map(({ account }) => (ids.includes(account) ? GONE : KEPT)),
  })
  assert.deepEqual((await send({ to: ['team@example.org', 'ann@example.org'], ...gone(1) })).failures, [undefined, 'account-not-found'])
  assert.deepEqual((await send({ to: ['here@example.org'], ...gone(1) })).failures, [undefined])
  assert.deepEqual((await send({ to: ['here@example.org'], ...gone(1, 2) })).failures, ['account-not-found'])
})

test('a store in trouble keeps nothing, and says so for all', async () => {
  const { failures } = await send({
    to: ['team@example.org', 'away@example.org', 'ann@example.org'],
    answers: () => new StoreError('unavailable', 'No'),
  })
  assert.deepEqual(failures, ['unavailable', 'unavailable', 'unavailable'])
})
