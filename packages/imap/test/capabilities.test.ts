import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import { sharedContext } from '@mailstead/testkit'
import { ImapDecoder, ImapSyntaxError } from '@mailstead/wire'
import { Client, logIn } from './client.ts'
import { capabilityStates, extensionDocs } from '../src/index.ts'
import { readUrl } from '../src/urls/open.ts'
import { fullRegistry } from '../src/registry.ts'
import { openStore, startServer } from './support.ts'

suite('what is announced', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  const named = (response: string | undefined): string[] => (/CAPABILITY ([^\]]*)/.exec(response ?? '')?.[1] ?? '').trim().split(' ')
  /** Without the numbers that the limits give. */
  const plain = (names: readonly string[]): string[] => names.map((name) => name.replace(/^(APPENDLIMIT|MESSAGELIMIT)=\d+$/, '$1')).sort()

  test('is what the documentation has, at the times it says', async (t) => {
    const server = await startServer(t, store)
    const stranger = new Client(await server.connect())
    const before = named(await stranger.response())
    const friend = await logIn(server)
    const later = named((await friend.ok('CAPABILITY'))[0])
    const rows = [...extensionDocs().matchAll(/^\| `([^`]+)` .* \| (always|before login|after login) \|$/gm)]
    assert.ok(rows.length > 30)
    const documented = (...when: string[]): string[] => rows.filter((row) => when.includes(row[2] ?? '')).map((row) => row[1] ?? '')
    const base = /^(IMAP4rev1|AUTH=.*|STARTTLS|LOGINDISABLED)$/
    assert.deepEqual(plain(before.filter((name) => !base.test(name))), documented('always', 'before login').sort())
    assert.deepEqual(plain(later.filter((name) => !base.test(name))), documented('always', 'after login').sort())
  })
})

suite('what is switched off is not known', () => {
  const table: [capability: string, command: string][] = [
    ['ESEARCH', 'SEARCH RETURN () ALL'],
    ['ESEARCH', 'SEARCH RETURN (COUNT) ALL'],
    ['SEARCHRES', 'SEARCH RETURN (SAVE) ALL'],
    ['PARTIAL', 'SEARCH RETURN (PARTIAL 1:2) ALL'],
    ['PARTIAL', 'UID FETCH 1:* UID (PARTIAL 1:2)'],
    ['WITHIN', 'SEARCH OLDER 5'],
    ['SAVEDATE', 'FETCH 1 SAVEDATE'],
    ['SAVEDATE', 'SEARCH SAVEDATESUPPORTED'],
    ['OBJECTID', 'FETCH 1 (EMAILID THREADID)'],
    ['OBJECTID', 'STATUS INBOX (MAILBOXID)'],
    ['APPENDLIMIT', 'STATUS INBOX (APPENDLIMIT)'],
    ['PREVIEW', 'FETCH 1 PREVIEW'],
    ['MESSAGELIMIT', 'SEARCH UIDAFTER 5'],
    ['BINARY', 'FETCH 1 BINARY[1]'],
    ['CONDSTORE', 'SELECT INBOX (CONDSTORE)'],
    ['CONDSTORE', 'STATUS INBOX (HIGHESTMODSEQ)'],
    ['CONDSTORE', 'FETCH 1 MODSEQ'],
    ['CONDSTORE', 'FETCH 1 FLAGS (CHANGEDSINCE 5)'],
    ['CONDSTORE', 'STORE 1 (UNCHANGEDSINCE 5) FLAGS (\\Seen)'],
    ['CONDSTORE', 'STORE 1 FLAGS (\\Seen) (UNCHANGEDSINCE 5)'],
    ['CONDSTORE', 'SEARCH MODSEQ 5'],
    ['QRESYNC', 'SELECT INBOX (QRESYNC (1 2))'],
    ['QRESYNC', 'UID FETCH 1 FLAGS (CHANGEDSINCE 5 VANISHED)'],
    ['ESORT', 'SORT RETURN () (DATE) UTF-8 ALL'],
    ['SORT=DISPLAY', 'SORT (DISPLAYTO) UTF-8 ALL'],
    ['SORT', 'UID SORT (DATE) UTF-8 ALL'],
    ['METADATA', 'GETMETADATA INBOX /private/comment'],
    ['LIST-METADATA', 'LIST "" * RETURN (METADATA (/private/comment))'],
    ['CATENATE', 'APPEND INBOX CATENATE (URL /INBOX/;UID=1)'],
    ['URLAUTH', 'URLFETCH x'],
    ['URLAUTH=BINARY', 'URLFETCH (x BODY)'],
    ['THREAD=REFERENCES', 'THREAD REFERENCES UTF-8 ALL'],
    ['THREAD=ORDEREDSUBJECT', 'UID THREAD ORDEREDSUBJECT UTF-8 ALL'],
  ]
  const parse = (registry: ReturnType<typeof fullRegistry>, text: string): void => {
    const d = new ImapDecoder(Buffer.from(text))
    const entry = registry.command(d.commandName()) ?? d.fail('a command')
    entry.parse(d, registry)
    d.end()
  }
  for (const [capability, text] of table) {
    test(`${text} without ${capability}`, () => {
      parse(fullRegistry(), text)
      assert.throws(() => parse(fullRegistry().without([capability]), text), ImapSyntaxError)
    })
  }

  test('what needs a capability goes with it', () => {
    const registry = fullRegistry().without(['CONDSTORE', 'ESEARCH', 'NO-SUCH-THING'])
    for (const gone of ['CONDSTORE', 'QRESYNC', 'ESEARCH', 'SEARCHRES', 'PARTIAL', 'ESORT']) assert.ok(!registry.has(gone), gone)
    assert.ok(registry.has('SORT'))
    assert.equal(registry.enableable('QRESYNC'), undefined)
    assert.equal(fullRegistry().without([]).has('QRESYNC'), true)
  })

  test('what is needed is there to be needed', () => {
    const { extensions } = fullRegistry()
    const needed = extensions.flatMap(({ needs = [] }) => needs)
    assert.deepEqual(
      needed.filter((name) => !extensions.some(({ capability }) => capability === name)),
      [],
    )
  })

  test('accounts that lack the same share a table', () => {
    const registry = fullRegistry()
    assert.equal(registry.without(['SORT', 'IDLE']), registry.without(['IDLE', 'SORT', 'ESORT']))
  })

  test('what can be switched for an account, and how it stands', () => {
    const states = capabilityStates(['CONDSTORE', 'IDLE'])
    const state = (name: string): unknown => states.find(({ capability }) => capability === name)
    assert.deepEqual(state('IDLE'), { capability: 'IDLE', state: 'off', lacks: [] })
    assert.deepEqual(state('QRESYNC'), { capability: 'QRESYNC', state: 'lacking', lacks: ['CONDSTORE'] })
    assert.deepEqual(state('SORT'), { capability: 'SORT', state: 'on', lacks: [] })
    assert.equal(state('LITERAL-'), undefined, 'before login nobody knows whose it is')
  })

  test('ranges of octets in URLs', () => {
    const text = '/INBOX/;UID=1/;PARTIAL=0.1'
    assert.ok(readUrl(text, fullRegistry()) !== undefined)
    assert.equal(readUrl(text, fullRegistry().without(['URL-PARTIAL'])), undefined)
  })

  test('one threading algorithm does without the other', () => {
    parse(fullRegistry().without(['THREAD=REFERENCES']), 'THREAD ORDEREDSUBJECT UTF-8 ALL')
    parse(fullRegistry().without(['THREAD=ORDEREDSUBJECT']), 'UID THREAD REFERENCES UTF-8 ALL')
  })

  test('mailboxes get no ids, and capabilities no names', () => {
    const registry = fullRegistry().without(['OBJECTID'])
    assert.deepEqual(registry.mailboxCodes({ id: 5 } as never), [])
    assert.deepEqual(fullRegistry().mailboxCodes({ id: 5 } as never), ['MAILBOXID (F5)'])
    assert.ok(!registry.has('OBJECTID'))
  })
})
