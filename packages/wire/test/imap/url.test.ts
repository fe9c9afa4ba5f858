import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUrlText, parseImapUrl, type ImapUrl } from '../../src/imap/index.ts'

const NOTHING = { server: undefined, uidValidity: undefined, uid: undefined, section: '', partial: undefined, auth: undefined }

const references: [text: string, url: Partial<ImapUrl>][] = [
  ['/INBOX/;UID=20', { mailbox: 'INBOX', uid: 20 }],
  ['/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME', { mailbox: 'Drafts', uidValidity: 385759045, uid: 20, section: '1.MIME' }],
  [
    '/inbox/below;uidvalidity=1/;uid=4294967295/;Section=HEADER',
    { mailbox: 'INBOX/below', uidValidity: 1, uid: 4294967295, section: 'HEADER' },
  ],
  ['/a/;UID=1/;SECTION=HEADER.FIELDS%20(From%20To)', { mailbox: 'a', uid: 1, section: 'HEADER.FIELDS (From To)' }],
  ['/a/;UID=1/;PARTIAL=0.10', { mailbox: 'a', uid: 1, partial: { origin: 0, length: 10 } }],
  ['/a/;UID=1/;SECTION=2/;PARTIAL=5', { mailbox: 'a', uid: 1, section: '2', partial: { origin: 5, length: undefined } }],
  ['/%D0%9F%D1%80%D0%BE%D0%B5%D0%BA%D1%82%3B%20x/;UID=1', { mailbox: 'Проект; x', uid: 1 }],
  ['/e%CC%81/;UID=1', { mailbox: '\u00e9', uid: 1 }],
  ['/a%2F..%2Fb/;UID=1', { mailbox: 'a/../b', uid: 1 }],
  ['/a;UIDVALIDITY=5', { mailbox: 'a', uidValidity: 5 }],
  ['/a?SUBJECT%20x', { mailbox: 'a' }],
  ['/', { mailbox: '' }],
]
for (const [text, url] of references) {
  test(`${text} is read`, () => assert.deepEqual(parseImapUrl(text), { ...NOTHING, ...url }))
}

const servers: [text: string, user: string | undefined, host: string, port: number][] = [
  ['imap://joe@example.com/INBOX/;uid=20', 'joe', 'example.com', 143],
  ['IMAP://joe%40example.com;AUTH=*@Mail.Example.COM:1143/INBOX/;uid=20', 'joe@example.com', 'mail.example.com', 1143],
  ['imap://;AUTH=PLAIN@example.com/INBOX/;uid=20', undefined, 'example.com', 143],
  ['imap://[::1]:143/INBOX/;uid=20', undefined, '[::1]', 143],
  ['imap://example.com', undefined, 'example.com', 143],
]
for (const [text, user, host, port] of servers) {
  test(`${text} names its server`, () => assert.deepEqual(parseImapUrl(text)?.server, { user, host, port }))
}

test('an authorization is split from what it is made of', () => {
  const rump = 'imap://joe@example.com/INBOX/;uid=20/;section=1.2;expire=2030-01-02T03:04:05.5+01:00;urlauth=submit+fred%40x'
  const { auth } = parseImapUrl(`${rump}:internal:91354a473744909de610943775f92038`) ?? {}
  assert.deepEqual(auth, {
    expire: Date.UTC(2030, 0, 2, 2, 4, 5, 500),
    access: { kind: 'submit', user: 'fred@x' },
    rump,
    proof: { mechanism: 'INTERNAL', token: '91354a473744909de610943775f92038' },
  })
  assert.deepEqual(parseImapUrl(rump)?.auth, { ...auth, proof: undefined })
  for (const kind of ['authuser', 'anonymous'] as const) {
    assert.deepEqual(parseImapUrl(`imap://joe@example.com/INBOX/;uid=20;URLAUTH=${kind}`)?.auth?.access, { kind })
  }
})

const refused = [
  '',
  'INBOX/;UID=20',
  ';UID=20',
  '//example.com/INBOX/;UID=20',
  'http://example.com/INBOX/;UID=20',
  'imap:///INBOX/;UID=20',
  '/INBOX/;UID=0',
  '/INBOX/;UID=4294967296',
  '/INBOX;UIDVALIDITY=0/;UID=1',
  '/INBOX/;UID=1:2',
  '/INBOX/;UID=1/;SECTION=',
  '/INBOX/;UID=1/;PARTIAL=1.0',
  '/INBOX/;UID=1 ',
  '/INBOX/;UID=1?x',
  '/IN BOX/;UID=1',
  '/a/../b/;UID=1',
  '/./;UID=1',
  '/%ff/;UID=1',
  '/%0/;UID=1',
  '/a%00/;UID=1',
  '/\u00e9/;UID=1',
  '/INBOX;URLAUTH=anonymous',
  'imap://joe@example.com/INBOX/;uid=20;urlauth=nobody',
  'imap://joe@example.com/INBOX/;uid=20;urlauth=user+',
  'imap://joe@example.com/INBOX/;uid=20;urlauth=anonymous:internal:1234',
  'imap://joe@example.com/INBOX/;uid=20;urlauth=anonymous:internal:91354a473744909de610943775f9203g',
  'imap://joe@example.com/INBOX/;uid=20;expire=yesterday;urlauth=anonymous',
  'imap://joe@example.com/INBOX/;uid=20;expire=2030-13-02T03:04:05Z;urlauth=anonymous',
]
for (const text of refused) test(`${JSON.stringify(text)} is refused`, () => assert.equal(parseImapUrl(text), undefined))

test('long input takes no long time', () => {
  for (const text of [
    `/${'a/'.repeat(50_000)}`,
    `/${'%41'.repeat(30_000)};UID`,
    `imap://${'a'.repeat(50_000)}@`,
    `/a/;UID=1/;SECTION=${'1/;'.repeat(30_000)}`,
  ]) {
    assert.equal(parseImapUrl(text)?.uid, undefined)
  }
})

test('text that is encoded comes back', () => {
  for (const name of ['INBOX', 'a/b', 'Проект; x?#%', 'a&b=c:d@e']) {
    assert.equal(parseImapUrl(`/${encodeUrlText(name)}/;UID=1`)?.mailbox, name)
  }
})
