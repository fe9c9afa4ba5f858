import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { before, suite, test } from 'node:test'
import { silentLogger, systemClock } from '@mailstead/base'
import { openTls, type TlsStore } from '@mailstead/net'
import type { SqliteStore } from '@mailstead/sqlite'
import { playTranscript, sharedContext, tempDir } from '@mailstead/testkit'
import type { Mailbox, Uid } from '@mailstead/store'
import { append, HOST, openStore, startServer, type ServerOptions, type TestServer } from './support.ts'

const FOLDER = join(import.meta.dirname, '../../../test/pop3')

const plain = (...parts: string[]): string => Buffer.from(parts.join('\0')).toString('base64')

const VARIABLES = {
  annPlain: plain('', 'ann@example.org', 'secret word'),
  wrongPlain: plain('', 'ann@example.org', 'wrong'),
  asBob: plain('bob@example.org', 'ann@example.org', 'secret word'),
  ann64: Buffer.from('ann@example.org').toString('base64'),
  secret64: Buffer.from('secret word').toString('base64'),
}

/** What single transcripts need beside passwords taken in clear. */
const SPECIAL: Readonly<Record<string, (tls: TlsStore) => ServerOptions>> = {
  rfc5034: (tls) => ({ tls, plaintext: false }),
  stls: (tls) => ({ tls, plaintext: false }),
  'plaintext-loopback': (tls) => ({ tls }),
  'plaintext-refused': () => ({ plaintext: false }),
  'auth-scram': (tls) => ({ tls, rfcLogins: true }),
  'login-delay': () => ({ loginDelay: 900 }),
  'login-delay-user': () => ({ loginDelay: 900, loginDelayExempt: ['Bob@example.org'], expireDays: 60, language: 'ru' }),
  apop: (tls) => ({ tls, apop: true }),
  'apop-stls': (tls) => ({ tls, plaintext: false, apop: true }),
  'auth-oauth': (tls) => ({ tls, rfcLogins: true }),
}

suite('POP3 transcripts', () => {
  const context = sharedContext()
  let store: SqliteStore
  let tls: TlsStore

  before(async () => {
    store = await openStore(context)
    tls = await openTls({ dir: await tempDir(context), hostName: HOST, log: silentLogger, clock: systemClock })
    context.after(() => tls.close())
  })

  for (const file of globSync('*.txt', { cwd: FOLDER }).sort()) {
    const name = basename(file, '.txt')
    test(name, async (t) => {
      const server = await startServer(t, store, SPECIAL[name]?.(tls) ?? {})
      await playTranscript(join(FOLDER, file), {
        connect: () => server.connect(),
        startTls: { ca: readFileSync(tls.describe().caFile ?? ''), servername: HOST },
        variables: VARIABLES,
        actions: actions(server, store),
      })
      assert.deepEqual(
        server.log.events.filter(({ level }) => level === 'error'),
        [],
      )
    })
  }
})

function actions(server: TestServer, store: SqliteStore): Record<string, (argument: string) => unknown> {
  const { mail, clock, account } = server
  const inbox = (): Promise<Mailbox> => mail.openMailbox('INBOX')
  const uidsOf = (argument: string): Uid[] => argument.split(' ').map((uid) => Number(uid) as Uid)
  return {
    /** `! message text`: a message of these octets, with the escapes \r and \n. */
    message: (text) => append(mail, Buffer.from(text.replaceAll('\\r', '\r').replaceAll('\\n', '\n'))),
    /** `! sized 120 200`: messages of so many octets. */
    sized: (sizes) =>
      append(mail, ...sizes.split(' ').map((size) => Buffer.from(`Subject: x\r\n\r\n${'.'.repeat(Number(size) - 16)}\r\n`))),
    /** `! expunge 1 2`: another session removes these UIDs. */
    async expunge(uids) {
      await mail.expunge((await inbox()).id, { uids: uidsOf(uids), anyFlags: true })
    },
    /** Frees what was expunged. */
    purge: () => store.maintenance.purgeExpunged(Date.now() + 1000),
    /** `! move 1`: another session files the UIDs away. */
    async move(uids) {
      const { id } = await mail.openMailbox('Trash')
      await mail.move((await inbox()).id, uidsOf(uids), id)
    },
    /** `! left 2`: messages in INBOX now. */
    async left(count) {
      assert.equal((await inbox()).messages, Number(count))
    },
    seconds: (count) => clock.advance(Number(count) * 1000),
    advance: (minutes) => clock.advance(Number(minutes) * 60_000),
    disable: () => store.directory.setEnabled(account.id, false),
    drain: () => void server.drain(5000),
  }
}
