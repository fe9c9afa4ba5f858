import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { before, suite, test } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import { openTls, type TlsStore } from '@mailstead/net'
import { playTranscript, rfcLogins, sharedContext, tempDir } from '@mailstead/testkit'
import { silentLogger, systemClock } from '@mailstead/base'
import { deliver, openStore, startServer, type ServerOptions } from './support.ts'
import type { AccountService } from '@mailstead/accounts'
import type { Account, Role, SeenMode } from '@mailstead/store'

const FOLDER = join(import.meta.dirname, '../../../test/imap')

const withRfcLogins = (accounts: AccountService, ann: Account): AccountService => ({
  ...accounts,
  ...rfcLogins({ account: ann.id, address: 'ann@example.org' }),
})

/** What single transcripts need beside an account with a quota of 1 MiB. */
const SPECIAL: Readonly<Record<string, (tls: TlsStore) => ServerOptions>> = {
  starttls: (tls) => ({ tls, plaintext: false }),
  'urlauth-tls': (tls) => ({ tls, plaintext: false }),
  'login-scram': (tls) => ({ tls, accounts: withRfcLogins }),
  'login-oauth': (tls) => ({ tls, accounts: withRfcLogins }),
  'sent-mail': () => ({ savesSent: (address) => address === 'ann@example.org' }),
  quota: () => ({ quota: 1_000_000 }),
  acl: () => ({ named: true }),
  'acl-acts': () => ({ named: true, quota: 1_000_000 }),
  'acl-sessions': () => ({ named: true }),
  'acl-seen': () => ({ named: true }),
  quotaset: () => ({ named: true }),
  'acl-uids': () => ({ named: true }),
  appendlimit: () => ({ limits: { message: 2000 } }),
  unauthenticate: () => ({ limits: { lineBeforeLogin: 100, sessionsPerAccount: 1, failedLogins: 2 } }),
  'notify-overflow': () => ({ limits: { newsRest: 200, newsMailboxes: 3, newsNames: 2 } }),
  catenate: () => ({ quota: 1_000_000, limits: { message: 3000 } }),
  context: () => ({ limits: { updatedSearches: 3, updatedMessages: 10 } }),
  multisearch: () => ({ limits: { searchedMailboxes: 5 } }),
  limits: () => ({ limits: { lineBeforeLogin: 100, line: 1000, literals: 100, message: 2000, badCommands: 4, sessionsPerAccount: 2 } }),
}

suite('IMAP transcripts', () => {
  const context = sharedContext()
  let store: SqliteStore
  let tls: TlsStore

  before(async () => {
    store = await openStore(context)
    tls = await openTls({ dir: await tempDir(context), hostName: 'localhost', log: silentLogger, clock: systemClock })
    context.after(() => tls.close())
  })

  for (const file of globSync('*.txt', { cwd: FOLDER }).sort()) {
    const name = basename(file, '.txt')
    test(name, async (t) => {
      const options = SPECIAL[name]?.(tls) ?? {}
      const used = options.named === true ? await openStore(t) : store
      const server = await startServer(t, used, options)
      const { mail, clock } = server
      await playTranscript(join(FOLDER, file), {
        connect: () => server.connect(),
        startTls: { ca: readFileSync(tls.describe().caFile ?? ''), servername: 'localhost' },
        actions: {
          deliver: async (argument) => {
            const [mailbox = '', ...texts] = argument.split(' ')
            for (const text of texts) await deliver(mail, mailbox, text)
          },
          /** `! sent text`: a message of ann's with the Message-ID <text@example.org> is accepted, and kept as sent. */
          sent: async (text) => {
            const writer = mail.blobs.stage()
            await writer.write(Buffer.from(`From: ann@example.org\r\nMessage-ID: <${text}@example.org>\r\n\r\n${text}\r\n`))
            const { id: account } = server.account
            await used.intake.accept({
              queueId: used.intake.mintQueueId(),
              blob: await writer.finish(),
              mailFrom: 'ann@example.org',
              parameters: {},
              origin: { protocol: 'ESMTPSA', account },
              receivedAt: { at: clock.now(), zone: 0 },
              deliveries: [],
              queued: [{ recipient: 'x@far.example', domain: 'far.example', parameters: {} }],
              sentCopy: { account, prefix: Buffer.from('Bcc: eve@example.org\r\n') },
            })
          },
          advance: (minutes) => clock.advance(Number(minutes) * 60_000),
          'switch-off': (names) => used.directory.setCapabilitiesOff(server.account.id, names.split(' ').filter(Boolean)),
          disable: () => used.directory.setEnabled(server.account.id, false),
          role: (role) => used.directory.setRole(server.account.id, role as Role),
          seen: async (argument) => {
            const [mailbox = '', mode] = argument.split(' ')
            await mail.setSeenMode((await mail.openMailbox(mailbox)).id, mode as SeenMode)
          },
          drain: () => void server.drain(5000),
        },
      })
    })
  }
})
