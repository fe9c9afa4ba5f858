/**
 * The corpus beside Dovecot: its imap process, as a login would start it, and our scanner describe every message, with CRLF for its line
 * ends. What differs is argued in argued.ts, or fails. Debian's dovecot-imapd is enough, it need not run.
 *
 *   npm run corpus:dovecot                   everything but archives
 *   npm run corpus:dovecot -- spamassassin   messages whose name has the word, archives too
 */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { corpusFolder, corpusMessages, NO_CORPUS, readImapValue, type ImapValue } from '@mailstead/testkit'
import { FetchClient } from '../../packages/imap/test/fetch-client.ts'
import { differences } from '../../packages/mime/test/expected.ts'
import { scan, sectionOf, structureOf, text } from '../../packages/mime/test/scan.ts'
import { ARGUED, type Differing } from './argued.ts'
import { readBody } from './body.ts'
import { sectionsOf } from './check-parts.ts'

const IMAP = '/usr/lib/dovecot/imap'
const NOBODY = 65_534

const folder = corpusFolder()
if (folder === undefined || !existsSync(IMAP)) {
  console.log(`skip: ${NO_CORPUS === false ? `no ${IMAP}` : NO_CORPUS}`)
  process.exit(0)
}

/** What lies beside mail in the corpus; all of it is described, but nobody needs it to be described alike. */
const NO_MAIL = /\.(?:xml|out|yml|md|json|zone|dat|cf|png|gif|wav)$|LICENSE|SOURCE/

const words = process.argv.slice(2)
const messages = [...corpusMessages(folder, { archives: words.length > 0 })]
  .filter(
    ({ name, octets }) =>
      octets.length > 0 && !octets.includes(0) && !NO_MAIL.test(name) && (words.length === 0 || words.some((word) => name.includes(word))),
  )
  .map(({ name, octets }) => ({ name, octets: Buffer.from(octets.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1') }))

const home = mkdtempSync(join(tmpdir(), 'mailstead-dovecot-'))
chmodSync(home, 0o777)
const client = openDovecot()
const argued = new Map<string, number>()
let unargued = 0
try {
  await client.command('CREATE m')
  for (let at = 0; at < messages.length; at += 50)
    await client.append(
      'm',
      messages.slice(at, at + 50).map(({ octets }) => octets),
    )
  await client.command('SELECT m')
  for (const [index, { name, octets }] of messages.entries()) {
    for (const differing of await compare(index + 1, name, octets)) {
      const reason = ARGUED.find(({ applies }) => applies(differing))?.reason
      if (reason !== undefined) argued.set(reason, (argued.get(reason) ?? 0) + 1)
      else if (++unargued <= 100)
        console.log(`${name}: ${differing.item}\n  ours   ${show(differing.ours)}\n  theirs ${show(differing.theirs)}`)
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true })
}
console.log(`${messages.length} messages, differences:`)
for (const [reason, count] of [...argued].sort((a, b) => b[1] - a[1])) console.log(`${String(count).padStart(6)}  ${reason}`)
console.log(`${String(unargued).padStart(6)}  not argued`)
process.exit(unargued === 0 ? 0 : 1)

/** Its imap process as a login leaves it, for nobody in particular. */
function openDovecot(): FetchClient {
  const config = join(home, 'dovecot.conf')
  writeFileSync(config, `mail_location = sdbox:${home}/mail\nssl = no\nfirst_valid_uid = 0\nfirst_valid_gid = 0\nlog_path = ${home}/log\n`)
  const isRoot = process.getuid?.() === 0
  const child = spawn(IMAP, ['-c', config], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { HOME: home, USER: 'nobody' },
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  })
  return new FetchClient(Duplex.from({ writable: child.stdin, readable: child.stdout }) as Socket)
}

/** What Dovecot says otherwise of message `number`, whose octets are `message`, and whose name is `name`. */
async function compare(number: number, name: string, message: Buffer): Promise<Differing[]> {
  const rendered = scan(message)
  const root = structureOf(rendered)
  const structure = readImapValue(text(rendered.bodyStructure))
  const sections = sectionsOf(readBody(structure)).slice(0, 80)
  const asked = ['RFC822.SIZE', 'ENVELOPE', 'BODYSTRUCTURE', ...sections.map((section) => `BODY.PEEK[${section}]`)]
  const theirs = (await client.fetch(`FETCH ${number} (${asked.join(' ')})`)).get(number)
  const value = (label: string): string => theirs?.get(label)?.toString('latin1') ?? 'NIL'
  const found: Differing[] = []
  const add = (item: string, ours: unknown, other: unknown): void => void found.push({ name, item, ours, theirs: other, message })
  if (value('RFC822.SIZE') !== String(message.length)) add('RFC822.SIZE', message.length, Number(value('RFC822.SIZE')))
  const envelope = readImapValue(text(rendered.envelope)) as readonly unknown[]
  for (const [field, other] of (readImapValue(value('ENVELOPE')) as readonly unknown[]).entries()) {
    if (JSON.stringify(envelope[field]) !== JSON.stringify(other)) add(`ENVELOPE.${field}`, envelope[field], other)
  }
  for (const { path, ours, theirs: other } of differences(
    withWholeLists(structure),
    withWholeLists(readImapValue(value('BODYSTRUCTURE'))),
  )) {
    if (typeof ours === 'string' && typeof other === 'string' && ours.toLowerCase() === other.toLowerCase()) continue
    add(`BODYSTRUCTURE${path}`, ours, other)
  }
  // Where the trees differ, their numbers name other things.
  if (found.some(({ item, ours, theirs: other }) => item.startsWith('BODYSTRUCTURE') && shapeOf(ours) !== shapeOf(other))) return found
  for (const section of sections) {
    const [ours, other] = [sectionOf(message, root, section).toString('latin1'), value(`BODY[${section}]`)]
    if (ours !== (other === 'NIL' ? '' : other)) add(`BODY[${section}]`, ours, other)
  }
  return found
}

/** With address lists as one string each: they differ as a whole. */
function withWholeLists(value: ImapValue): ImapValue {
  if (!Array.isArray(value)) return value
  const items = value as readonly ImapValue[]
  const isAddress = (item: ImapValue): boolean => Array.isArray(item) && item.length === 4 && item.every((each) => !Array.isArray(each))
  return items.length > 0 && items.every(isAddress) ? JSON.stringify(items) : items.map(withWholeLists)
}

/** How lists stand in lists. */
function shapeOf(value: unknown): string {
  return Array.isArray(value) ? `(${value.map(shapeOf).join('')})` : '.'
}

function show(value: unknown): string {
  const whole = JSON.stringify(value) ?? ''
  return whole.length < 400 ? whole : `${whole.slice(0, 150)} … ${whole.slice(-200)}`
}
