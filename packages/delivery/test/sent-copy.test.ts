import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId, AcceptPlan } from '@mailstead/store'
import { createDelivery, type TransactionStart } from '@mailstead/delivery'
import { collectLogger, ManualClock } from '@mailstead/testkit'
import { fakeAccounts, fakeIntake, fakeWriter } from './doubles.ts'

const ANN = { mailFrom: { localPart: 'ann', domain: 'example.org' }, origin: { protocol: 'ESMTPSA', account: 1 as AccountId } } as const
const TEXT = 'From: ann@example.org\r\nBcc: eve@example.org,\r\n x@example.net\r\nSubject: hi\r\nResent-Bcc: y@example.net\r\n\r\nText\r\n'

/** What is accepted of a message to bob, of a server that keeps what ann and full send. */
async function accepted(
  start: Pick<TransactionStart, 'mailFrom' | 'origin'>,
  text = TEXT,
): Promise<{ plan: AcceptPlan | undefined; text: string; reserved: number }> {
  const intake = fakeIntake()
  const accounts = fakeAccounts(['ann', 'bob', 'full', 'cid'])
  const delivery = createDelivery({
    intake,
    accounts: accounts.service,
    log: collectLogger(),
    clock: new ManualClock(),
    hostName: 'mx.example.org',
    savesSent: (account) => Promise.resolve(account !== 4),
  })
  const transaction = delivery.begin({ parameters: {}, size: undefined, ...start })
  await transaction.addRecipient({ localPart: 'bob', domain: 'example.org' })
  const writer = fakeWriter()
  const reception = transaction.receive(() => writer)
  await reception.write(Buffer.from(text))
  const { outcomes } = await reception.accept()
  assert.deepEqual(
    outcomes.map(({ failure }) => failure),
    [undefined],
  )
  return { plan: intake.plans[0], text: writer.text(), reserved: accounts.reserved() }
}

test('the sender keeps what was sent, with the Bcc that nobody else gets', async () => {
  const { plan, text, reserved } = await accepted(ANN)
  assert.equal(plan?.sentCopy?.account, 1)
  assert.equal(Buffer.from(plan.sentCopy.prefix).toString(), 'Bcc: eve@example.org,\r\n x@example.net\r\nResent-Bcc: y@example.net\r\n')
  assert.doesNotMatch(text, /bcc/i)
  assert.equal(plan.deliveries.length, 1)
  assert.equal(reserved, 0)
})

test('no copy is kept of what others send, of receipts, where it is not wanted, and where there is no room', async () => {
  const cases: [start: Pick<TransactionStart, 'mailFrom' | 'origin'>, from: string][] = [
    [{ ...ANN, origin: { protocol: 'ESMTP' } }, 'ann'],
    [{ ...ANN, mailFrom: undefined }, 'ann'],
    [{ mailFrom: { localPart: 'cid', domain: 'example.org' }, origin: { protocol: 'ESMTPSA', account: 4 as AccountId } }, 'cid'],
    [{ mailFrom: { localPart: 'full', domain: 'example.org' }, origin: { protocol: 'ESMTPSA', account: 3 as AccountId } }, 'full'],
  ]
  for (const [start, from] of cases) {
    const { plan } = await accepted(start, TEXT.replace('ann@', `${from}@`))
    assert.ok(plan)
    assert.equal(plan.sentCopy, undefined, from)
  }
})
