import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { DotUnstuffer, formatMail, formatRcpt, MessageStuffer, type MailLine, type RcptLine } from '@mailstead/wire'

const mails: [line: MailLine, wire: string][] = [
  [{ reversePath: '' }, 'MAIL FROM:<>'],
  [{ reversePath: '"a b"@x' }, 'MAIL FROM:<"a b"@x>'],
  [{ reversePath: 'a@x', size: 0, body: '8BITMIME', smtpUtf8: true }, 'MAIL FROM:<a@x> SIZE=0 BODY=8BITMIME SMTPUTF8'],
  [{ reversePath: 'a@x', ret: 'HDRS', envid: 'a+2Bb', requireTls: true }, 'MAIL FROM:<a@x> RET=HDRS ENVID=a+2Bb REQUIRETLS'],
  [{ reversePath: 'a@x', by: '98;R' }, 'MAIL FROM:<a@x> BY=98;R'],
  [{ reversePath: 'a@x', smtpUtf8: false, requireTls: false, auth: '<>' }, 'MAIL FROM:<a@x> AUTH=<>'],
]
for (const [line, wire] of mails) test(wire, () => assert.equal(formatMail(line), `${wire}\r\n`))

const rcpts: [line: RcptLine, wire: string][] = [
  [{ forwardPath: 'b@y' }, 'RCPT TO:<b@y>'],
  [{ forwardPath: 'b@y', notify: ['SUCCESS', 'DELAY'], orcpt: 'rfc822;b+2B@y' }, 'RCPT TO:<b@y> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2B@y'],
]
for (const [line, wire] of rcpts) test(wire, () => assert.equal(formatRcpt(line), `${wire}\r\n`))

test('no value ends a command early', () => {
  assert.throws(() => formatMail({ reversePath: 'a@x>\r\nRCPT TO:<b@y' }), RangeError)
  assert.throws(() => formatRcpt({ forwardPath: 'a@x', orcpt: 'rfc822;\n' }), RangeError)
})

function stuff(message: string, cuts: readonly number[]): string {
  const octets = Buffer.from(message, 'latin1')
  const stuffer = new MessageStuffer()
  const pieces: string[] = []
  for (let at = 0, i = 0; at < octets.length; i++) {
    const size = cuts[Math.min(i, cuts.length - 1)] ?? 1
    pieces.push(Buffer.from(stuffer.push(octets.subarray(at, at + size))).toString('latin1'))
    at += size
  }
  return pieces.join('') + stuffer.end()
}

const messages: [message: string, wire: string][] = [
  ['', '.\r\n'],
  ['a\r\n', 'a\r\n.\r\n'],
  ['a', 'a\r\n.\r\n'],
  ['a\r', 'a\r\n.\r\n'],
  ['.\r\n', '..\r\n.\r\n'],
  ['..a\r\n.b\r\n', '...a\r\n..b\r\n.\r\n'],
  ['a.\r\n\r\n.', 'a.\r\n\r\n..\r\n.\r\n'],
  ['a\n.\r\nb\r\n', 'a\r\n..\r\nb\r\n.\r\n'],
  ['a\r.\rb\r\n', 'a\r\n..\r\nb\r\n.\r\n'],
  ['a\r\r\nb\n\nc\r\n', 'a\r\n\r\nb\r\n\r\nc\r\n.\r\n'],
  ['\n', '\r\n.\r\n'],
  ['\xff\0\r\n', '\xff\0\r\n.\r\n'],
]
for (const [message, wire] of messages) {
  test(`stuffs ${JSON.stringify(message)}`, () => {
    for (const cuts of [[1e6], [1], [2], [3], [1, 2, 3, 5, 7]]) assert.equal(stuff(message, cuts), wire, `in pieces of ${cuts.join()}`)
  })
}

test('what is stuffed is found again, and ends nowhere else (seeded)', () =>
  withSeed((random) => {
    for (let round = 0; round < 2000; round++) {
      const message = Array.from({ length: random.int(12) }, () => random.pick(['.', '..', '\r\n', '\n', '\r', 'a', 'text ', '\xe4'])).join(
        '',
      )
      const wire = stuff(message, [1 + random.int(4), 1 + random.int(9)])
      const unstuffer = new DotUnstuffer({ normalise: false, maxLine: 998 })
      const pieces: string[] = []
      const octets = Buffer.from(wire, 'latin1')
      const used = unstuffer.push(octets, (piece) => pieces.push(Buffer.from(piece).toString('latin1')))
      const lines = message.replaceAll(/\r\n|\r|\n/g, '\r\n')
      assert.equal(pieces.join(''), lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`)
      assert.deepEqual([used, unstuffer.defect, /\r(?!\n)|(?<!\r)\n/.test(wire)], [octets.length, undefined, false])
    }
  }))
