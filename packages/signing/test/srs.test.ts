import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SenderRewriting, type SrsAnswer } from '../src/index.ts'

const DAY = 24 * 60 * 60 * 1000
const NOW = Date.UTC(2027, 0, 1, 23, 59)
const ours = new SenderRewriting(Buffer.alloc(32, 1))
const theirs = new SenderRewriting(Buffer.alloc(32, 2))
const ANN = { localPart: 'Ann.B', domain: 'example.net' }

function encoded(sender = ANN, now = NOW): string {
  const localPart = ours.encode(sender, now)
  assert.ok(localPart)
  return localPart
}

function sender(answer: SrsAnswer): string {
  return answer.kind === 'sender' ? `${answer.address.localPart}@${answer.address.domain}` : answer.kind
}

test('a sender is rewritten and found again', () => {
  const localPart = encoded()
  assert.match(localPart, /^SRS0=[A-Z2-7]{6}=[A-Z2-7]{2}=example\.net=Ann\.B$/)
  assert.equal(sender(ours.decode(localPart, NOW)), 'Ann.B@example.net')
  for (const odd of ['a=b', 'a+b-c', '"a b"', 'jörg', '=', 'SRS0', 'srs0x=y'])
    assert.equal(sender(ours.decode(encoded({ localPart: odd, domain: 'example.net' }), NOW)), `${odd}@example.net`)
})

test('hashes do not mind when the case is lost', () => {
  assert.equal(sender(ours.decode(encoded().toLowerCase(), NOW)), 'ann.b@example.net')
  assert.equal(sender(ours.decode(encoded().toUpperCase(), NOW)), 'ANN.B@EXAMPLE.NET')
})

test('reports are taken for 21 days, and never from before', () => {
  const localPart = encoded()
  assert.equal(sender(ours.decode(localPart, NOW + 21 * DAY)), 'Ann.B@example.net')
  assert.equal(sender(ours.decode(localPart, NOW + 22 * DAY)), 'expired')
  assert.equal(sender(ours.decode(localPart, NOW - DAY)), 'expired')
  // Days go round after 1,024: at every place of the circle the same 21 are good.
  for (let day = 0; day < 1024; day += 7) {
    const at = NOW + day * DAY
    assert.equal(sender(ours.decode(encoded(ANN, at), at + 21 * DAY)), 'Ann.B@example.net')
    assert.equal(sender(ours.decode(encoded(ANN, at), at + 22 * DAY)), 'expired')
  }
})

test('what was not made here is told from what is no such address', () => {
  const localPart = encoded()
  const forged = [
    localPart.replace('example.net', 'example.com'),
    localPart.replace('Ann', 'Anna'),
    localPart.replace(/=[A-Z2-7]{2}=example/, '=AA=example'),
    localPart.replace(/=[A-Z2-7]{6}=/, '=AAAAAA='),
    localPart.replace(/=[A-Z2-7]{6}=/, '=AAAA='),
    theirs.encode(ANN, NOW) ?? '',
    'SRS0=AAAA=AA=example.net=ann',
    'SRS1=AAAAAA=example.net==AAAA=AA=example.com=ann',
  ]
  for (const each of forged) assert.equal(sender(ours.decode(each, NOW)), 'forged', each)
  for (const each of ['ann', 'SRS0', 'SRS0=', 'SRS0=x', 'SRS0=AAAAAA=AA=example.net', 'SRS1=AAAAAA=example.net=', 'SRS2=AAAAAA=AA=b=c', ''])
    assert.equal(sender(ours.decode(each, NOW)), 'foreign', each)
})

test('an address that was rewritten before leads back to the first host, whoever came between', () => {
  const first = theirs.encode(ANN, NOW) ?? ''
  const second = encoded({ localPart: first, domain: 'first.example' })
  assert.match(second, /^SRS1=[A-Z2-7]{6}=first\.example==[A-Z2-7]{6}=[A-Z2-7]{2}=example\.net=Ann\.B$/)
  assert.equal(sender(ours.decode(second, NOW)), `${first}@first.example`)
  const third = theirs.encode({ localPart: second, domain: 'second.example' }, NOW) ?? ''
  assert.ok(!third.includes('second.example'))
  assert.equal(sender(theirs.decode(third, NOW)), `${first}@first.example`)
  // Other hosts separate by other characters, which have to come back as they were.
  for (const other of ['SRS0+x=y=example.net=ann', 'SRS0-x=y=example.net=ann', 'srs0=x=y=example.net=ann'])
    assert.equal(
      sender(ours.decode(encoded({ localPart: other, domain: 'a.example' }), NOW)).toUpperCase(),
      `${other}@a.example`.toUpperCase(),
    )
})

test('nothing longer than a local part may be is made', () => {
  const room = 64 - encoded({ localPart: '', domain: 'example.net' }).length
  assert.equal(encoded({ localPart: 'a'.repeat(room), domain: 'example.net' }).length, 64)
  assert.equal(ours.encode({ localPart: 'a'.repeat(room + 1), domain: 'example.net' }, NOW), undefined)
  assert.equal(ours.encode({ localPart: 'ö'.repeat(room / 2 + 1), domain: 'example.net' }, NOW), undefined)
})
