// imapflow and nodemailer: a message sent while another client idles, its structure, moving it, special folders.
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

const env = /** @type {Record<string, string>} */ (process.env)
const tls = { ca: readFileSync(env['CA_FILE'] ?? '') }
const host = env['MAIL_HOST'] ?? ''
let failed = 0

/** @param {string} what @param {() => Promise<void>} fn */
async function check(what, fn) {
  try {
    await fn()
    console.log(`PASS imapflow: ${what}`)
  } catch (error) {
    failed++
    console.log(`FAIL imapflow: ${what}: ${error instanceof Error ? error.stack : String(error)}`)
  }
}

/** @param {1 | 2} n */
async function open(n) {
  const client = new ImapFlow({
    host,
    port: Number(env['IMAPS_PORT']),
    secure: true,
    auth: { user: env[`USER${n}`] ?? '', pass: env[`PASS${n}`] ?? '' },
    tls,
    logger: false,
  })
  await client.connect()
  return client
}

/** @param {() => boolean} condition @param {string} what */
async function until(condition, what) {
  for (let n = 0; n < 200; n++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`${what} not seen within 5 s`)
}

const subject = `flow ${randomBytes(5).toString('hex')} Ünïcode`
const data = randomBytes(60_000)

await check('a message arrives in an idling client', async () => {
  const client = await open(2)
  await client.mailboxOpen('INBOX')
  let news = 0
  client.on('exists', () => news++)
  void client.idle()
  await until(() => client.idling, 'IDLE')
  const mail = createTransport({
    host,
    port: Number(env['SMTP_PORT']),
    requireTLS: true,
    auth: { user: env['USER1'] ?? '', pass: env['PASS1'] ?? '' },
    tls,
  })
  const sent = await mail.sendMail({
    from: env['USER1'],
    to: env['USER2'],
    bcc: env['USER2'],
    subject,
    text: 'text ✓\n.\n..x',
    html: '<p>html</p>',
    attachments: [{ filename: 'ä.bin', content: data }],
  })
  assert.match(sent.response, /^250 2\.\d\.\d /)
  await until(() => news > 0, 'EXISTS')
  await client.logout()
})

await check('structure, envelope and attachment', async () => {
  const client = await open(2)
  const lock = await client.getMailboxLock('INBOX')
  const [uid] = (await client.search({ header: { subject: subject.slice(0, 15) } }, { uid: true })) || []
  const message = await client.fetchOne(String(uid), { envelope: true, bodyStructure: true, headers: true }, { uid: true })
  assert.ok(message)
  assert.equal(message.envelope?.subject, subject)
  assert.doesNotMatch(message.headers?.toString() ?? '', /^bcc:/im)
  const part = message.bodyStructure?.childNodes?.find((node) => node.disposition === 'attachment')
  const { content } = await client.download(String(uid), part?.part, { uid: true })
  const chunks = []
  for await (const chunk of content) chunks.push(chunk)
  assert.ok(Buffer.concat(chunks).equals(data))
  lock.release()
  await client.logout()
})

await check('special folders, MOVE with COPYUID, flags, quota', async () => {
  const client = await open(2)
  const uses = new Map((await client.list()).map((box) => [box.specialUse, box]))
  for (const use of ['\\Sent', '\\Drafts', '\\Trash', '\\Junk', '\\Archive'])
    assert.equal(uses.get(use)?.specialUseSource, 'extension', use)
  const lock = await client.getMailboxLock('INBOX')
  const [uid = 0] = (await client.search({ header: { subject: subject.slice(0, 15) } }, { uid: true })) || []
  await client.messageFlagsAdd(String(uid), ['\\Answered', '$Forwarded'], { uid: true })
  const moved = await client.messageMove(String(uid), 'Archive', { uid: true })
  assert.ok(moved && moved.uidMap?.get(uid))
  lock.release()
  const archive = await client.getMailboxLock('Archive')
  const there = await client.fetchOne(String(moved.uidMap?.get(uid)), { flags: true }, { uid: true })
  assert.ok(there && there.flags?.has('$Forwarded') && there.flags.has('\\Answered'))
  archive.release()
  const quota = await client.getQuota()
  assert.ok(quota && Number(quota.storage?.limit) > 0)
  await client.logout()
})

/** @param {ImapFlow} client @param {string} mailbox @param {string} rights */
async function share(client, mailbox, rights) {
  const words = [
    { type: 'STRING', value: mailbox },
    { type: 'STRING', value: env['USER1'] },
    { type: 'STRING', value: rights },
  ]
  const response = await /** @type {any} */ (client).exec('SETACL', words)
  response.next()
}

await check('a mailbox that another shares, until he does no longer', async () => {
  const owner = await open(2)
  const name = `Team ${randomBytes(4).toString('hex')}`
  const path = `Other Users/${env['USER2']}/${name}`
  await owner.mailboxCreate(name)
  await share(owner, name, 'lrswi')
  const guest = await open(1)
  assert.ok((await guest.list()).some((box) => box.path === path))
  const appended = await guest.append(path, 'Subject: shared\r\n\r\ntext\r\n', ['\\Seen', '\\Deleted'])
  assert.ok(appended && appended.uid === 1)
  await guest.mailboxOpen(path)
  await guest.messageFlagsAdd('1', ['$Forwarded'])
  await owner.mailboxOpen(name)
  const seen = await owner.fetchOne('1', { flags: true })
  assert.deepEqual(seen && [...(seen.flags ?? [])].filter((flag) => flag !== '\\Recent').sort(), ['$Forwarded', '\\Seen'])
  let closed = false
  guest.on('error', () => {})
  guest.on('close', () => (closed = true))
  void guest.idle().catch(() => {})
  await share(owner, name, '')
  await until(() => closed, 'the end of the session')
  const again = await open(1)
  assert.ok(!(await again.list()).some((box) => box.path === path))
  await again.logout()
  await owner.logout()
})

process.exit(failed === 0 ? 0 : 1)
