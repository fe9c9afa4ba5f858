/** Mail that leaves: from a submission through the queue to another server, and reports that come back. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { scriptedPeer } from '@mailstead/testkit'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { dialogue } from './dialogue.ts'
import { inbox, site, type Site } from './sending-site.ts'

const LOGIN = `AUTH PLAIN ${Buffer.from('\0ann@a.test\0secret').toString('base64')}`

function submit(
  from: Site,
  recipients: readonly string[],
  content = 'Subject: over there\r\n\r\n..Text with a dot\r\n',
): Promise<string[]> {
  const envelope = ['MAIL FROM:<ann@a.test>', ...recipients.map((each) => `RCPT TO:<${each}>`)]
  const message = `From: ann@a.test\r\n${content}.`
  return dialogue(connect(from.port('submission'), '127.0.0.1'), ['EHLO x', LOGIN, ...envelope, 'DATA', message, 'QUIT'])
}

test('mail of a user goes to another server, to the addresses there and here at once', async (t) => {
  const far = await site(t, 'b.test', '')
  const near = await site(t, 'a.test', `outbound.send = true\n[[route]]\nto = ["b.test"]\nservers = ["127.0.0.1:${far.port('mx')}"]`)
  const replies = await submit(near, ['ann@b.test', 'ann@a.test'])
  assert.deepEqual(
    replies.slice(2).map((reply) => reply.slice(0, 3)),
    ['235', '250', '250', '250', '354', '250', '221'],
  )
  const [there] = await inbox(far, 'ann@b.test', 1)
  assert.match(there ?? '', /^Return-Path: <ann@a\.test>\r\n[^]*\r\n\r\n\.Text with a dot\r\n$/)
  const signers = (there ?? '').match(/^DKIM-Signature: [^]*?(?=^\S)/gm) ?? []
  assert.equal(signers.filter((field) => /\bd=a\.test;/.test(field)).length, 2)
  const [here] = await inbox(near, 'ann@a.test', 1)
  assert.match(here ?? '', /\r\n\r\n\.Text with a dot\r\n$/)
  assert.doesNotMatch(here ?? '', /DKIM-Signature/)
})

test('mail that strangers bring for a domain that is relayed is signed by nobody, whoever it says it is from', async (t) => {
  const far = await site(t, 'b.test', '')
  const route = `[[route]]\nto = ["b.test"]\nrelay = true\nservers = ["127.0.0.1:${far.port('mx')}"]`
  const near = await site(t, 'a.test', `outbound.send = true\n${route}`)
  for (const sender of ['', 'ann@a.test']) {
    const message = 'From: ann@a.test\r\nSubject: not from her\r\n\r\nPay at once.\r\n.'
    const lines = ['EHLO x', `MAIL FROM:<${sender}>`, 'RCPT TO:<ann@b.test>', 'DATA', message, 'QUIT']
    assert.match((await dialogue(connect(near.port('mx'), '127.0.0.1'), lines))[5] ?? '', /^250 /)
  }
  const there = await inbox(far, 'ann@b.test', 2)
  assert.equal(there.length, 2)
  for (const message of there) assert.doesNotMatch(message, /DKIM-Signature/)
})

test('mail goes in 7 bits, and its signatures hold where it arrives', async (t) => {
  const old = await scriptedPeer(t, { offers: [] })
  const near = await site(t, 'a.test', `outbound.send = true\n[[route]]\nto = ["b.test"]\nservers = ["127.0.0.1:${old.port}"]`)
  await submit(near, ['bob@b.test', 'ann@a.test'], 'Subject: Gr\u00fc\u00dfe\r\n\r\nWorte, und gr\u00fcn\r\n')
  for (let patience = 400; old.messages.length === 0 && patience > 0; patience--) await wait(25)
  const there = Buffer.from(old.messages[0]?.content ?? '', 'latin1')
  assert.match(
    String(there),
    /\r\nSubject: =\?UTF-8\?[^]*\r\nContent-Transfer-Encoding: quoted-printable\r\n[^]*\r\n\r\nWorte, und gr=C3=BCn\r\n$/,
  )
  const records = new Map((await near.server.admin.keys.show('a.test')).map(({ record }) => [record.name, record.value]))
  const resolver = async (name: string): Promise<string[][]> => [[records.get(name) ?? assert.fail(name)]]
  const { results } = await dkimVerify(there, { resolver: resolver as never })
  assert.deepEqual(
    results.map(({ status }) => status.result),
    ['pass', 'pass'],
  )
  // Where nothing has to be changed, nothing is.
  const [here] = await inbox(near, 'ann@a.test', 1)
  assert.match(here ?? '', /\r\n\r\nWorte, und gr\xc3\xbcn\r\n$/)
})

test('what the other server refuses comes back as a report', async (t) => {
  const far = await site(t, 'b.test', '')
  const near = await site(t, 'a.test', `outbound.send = true\n[[route]]\nto = ["b.test"]\nservers = ["127.0.0.1:${far.port('mx')}"]`)
  await submit(near, ['nobody@b.test'])
  const [report] = await inbox(near, 'ann@a.test', 1)
  assert.match(report ?? '', /^Return-Path: <>\r\n/)
  assert.match(report ?? '', /^Final-Recipient: rfc822; ?nobody@b\.test\r$/m)
  assert.match(report ?? '', /^Action: failed\r$/m)
  assert.match(report ?? '', /^Status: 5\.1\.1\r$/m)
})

test('a server that is not told to send refuses what is not for it', async (t) => {
  const near = await site(t, 'a.test', '')
  const replies = await submit(near, ['ann@b.test'])
  assert.match(replies[4] ?? '', /^550 5\.7\.1 /)
})

test('what another server reports later is told by the trace of the mail, and a made-up report is not', async (t) => {
  const far = await site(t, 'b.test', '')
  const near = await site(t, 'a.test', `outbound.send = true\n[[route]]\nto = ["b.test"]\nservers = ["127.0.0.1:${far.port('mx')}"]`)
  await submit(near, ['ann@b.test'])
  const [there = ''] = await inbox(far, 'ann@b.test', 1)
  const header = there.slice(0, there.indexOf('\r\n\r\n') + 2)
  const bounce = async (returned: string): Promise<void> => {
    const report = [
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b',
      'Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.c.test\r\n',
      'Final-Recipient: rfc822; ann@b.test\r\nAction: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 full\r\n\r\n--b',
      `Content-Type: text/rfc822-headers\r\n\r\n${returned}--b--\r\n.`,
    ].join('\r\n')
    const lines = ['EHLO x', 'MAIL FROM:<>', 'RCPT TO:<ann@a.test>', 'DATA', report, 'QUIT']
    assert.match((await dialogue(connect(near.port('mx'), '127.0.0.1'), lines))[5] ?? '', /^250 /)
  }
  const heard = async (): Promise<string[]> => {
    const { intake } = near.server.admin
    const [message] = await intake.traced({ about: 'ann@b.test' }, 1)
    assert.ok(message)
    return (await intake.trace(message.queueId)).filter(({ event }) => event === 'heard').map(({ detail }) => detail)
  }
  await bounce(header.replaceAll(/ id [0-9A-Z]{16}/g, ' id 0MPB8T1O0Q1TW3Z7').replace(/^Message-ID:.*\r\n/im, ''))
  assert.deepEqual(await heard(), [])
  await bounce(header)
  assert.match((await heard())[0] ?? '', /^failed, mx\.c\.test: 552 5\.2\.2 full; in [0-9A-Z]{16}$/)
})

test('an address that mail comes back from is refused at once, until it is removed from the list', async (t) => {
  const far = await site(t, 'b.test', '')
  const route = `[[route]]\nto = ["b.test"]\nservers = ["127.0.0.1:${far.port('mx')}"]`
  const near = await site(t, 'a.test', `outbound.send = true\nsuppression = { failures = 2, hours = 0 }\n${route}`)
  const { suppressions } = near.server.admin
  const failed = async (messages: number): Promise<void> => {
    for (let patience = 400; (await suppressions.list(true, undefined, 1))[0]?.failed?.messages !== messages; patience--) {
      assert.ok(patience > 0, 'not counted')
      await wait(25)
    }
  }
  await submit(near, ['gone@b.test'])
  await failed(1)
  assert.deepEqual(await suppressions.list(false, undefined, 10), [])
  assert.match((await submit(near, ['Gone@B.test']))[4] ?? '', /^250 /)
  await failed(2)
  const envelope = ['MAIL FROM:<ann@a.test>', 'RCPT TO:<GONE@b.test>', 'RCPT TO:<postmaster@b.test>', 'RCPT TO:<other@b.test>']
  const rcpt = async (): Promise<string[]> =>
    (await dialogue(connect(near.port('submission'), '127.0.0.1'), ['EHLO x', LOGIN, ...envelope, 'RSET', 'QUIT'])).slice(4, 7)
  const replies = await rcpt()
  assert.match(
    replies[0] ?? '',
    /^550 5\.7\.1 Mail to this address came back 2 times, last on 20\d\d-\d\d-\d\d, and is refused until 20[-\d]+: 550 5\.1\.1 /,
  )
  assert.match(replies.slice(1).join(' '), /^250 [^]* 250 /)
  const [listed, ...others] = await suppressions.list(false, undefined, 10)
  assert.deepEqual([listed?.address, listed?.failed?.messages, others.length], ['gone@b.test', 2, 0])
  await suppressions.add('other@b.test', 'asked us\r\nnot to', undefined)
  assert.match((await rcpt())[2] ?? '', /^550 5\.7\.1 The administrator has stopped mail to this address: asked us\?\?not to\r?\n?$/)
  assert.equal(await suppressions.remove('gone@b.test'), true)
  assert.match((await rcpt())[0] ?? '', /^250 /)
})
