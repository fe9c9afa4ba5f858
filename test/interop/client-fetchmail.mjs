// fetchmail asks for a domain's mail by ETRN, and fetches it by ATRN (its ODMR).
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import { loggedErrors, makeServer } from './server.ts'

if (spawnSync('fetchmail', ['--version']).status === null) {
  console.log('SKIP fetchmail: it is not installed')
  process.exit(0)
}

const ACCOUNT = 'customer@provider.test'
const PASSWORD = 'its "secret"'
const HELPER = fileURLToPath(new URL('odmr-login.py', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'fetchmail-'))
const provider = await makeServer('provider.test', { [ACCOUNT]: PASSWORD })

/** @type {{ to: string[], text: string }[]} */
const messages = []
const customer = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData(stream, session, done) {
    /** @type {Buffer[]} */
    const pieces = []
    stream.on('data', (/** @type {Buffer} */ piece) => pieces.push(piece))
    stream.on('end', () => {
      messages.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: Buffer.concat(pieces).toString() })
      done()
    })
  },
})
await new Promise((resolve) => customer.listen(0, '127.0.0.1', () => resolve(undefined)))
const address = customer.server.address()
const customerPort = typeof address === 'object' ? address?.port : 0
const odmrPort = provider.portBase + 366

const config = join(home, 'provider.toml')
writeFileSync(
  config,
  `host_name = "localhost"
outbound.send = true
ports.odmr = 366
screening.enabled = false
[[route]]
to = ["customer.test"]
hold = true
servers = ["127.0.0.1:${customerPort}"]
fetched_by = ["${ACCOUNT}"]
`,
)

let failed = 0
/** @param {string} what @param {() => Promise<void>} act */
async function check(what, act) {
  try {
    await act()
    console.log(`PASS fetchmail: ${what}`)
  } catch (error) {
    failed++
    console.log(`FAIL fetchmail: ${what}: ${error instanceof Error ? error.stack : String(error)}`)
  }
}

/** @param {string} subject */
async function stranger(subject) {
  const transport = createTransport({ host: '127.0.0.1', port: provider.ports.smtp, ignoreTLS: true })
  await transport.sendMail({ from: 'eve@far.test', to: 'bob@customer.test', subject, text: '.dots\n..\nend' })
  transport.close()
}

/** Not waited for in one tick: the customer's server runs here. @param {string} rc @returns {Promise<{ status: number | null, said: string }>} */
function fetchmail(rc) {
  const file = join(home, 'rc')
  writeFileSync(file, rc, { mode: 0o600 })
  const env = {
    ...process.env,
    HOME: home,
    FETCHMAILHOME: home,
    CA_FILE: provider.caFile,
    ODMR_USER: ACCOUNT,
    ODMR_PASSWORD: PASSWORD,
    LC_ALL: 'C',
  }
  const child = spawn('fetchmail', ['-v', '--nodetach', '-f', file], { env, timeout: 30_000 })
  let said = ''
  child.stdout.on('data', (piece) => (said += String(piece)))
  child.stderr.on('data', (piece) => (said += String(piece)))
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, said })))
}

/** @param {number} count @param {string} said */
async function arrived(count, said) {
  for (let patience = 400; messages.length < count; patience--) {
    if (patience === 0) throw new Error(`${messages.length} messages, not ${count}\n${said}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** @param {unknown} found @param {unknown} wanted @param {string} said */
function same(found, wanted, said) {
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(wanted)}\n${said}`)
}

const odmr = `poll localhost proto ODMR service ${odmrPort} plugin "python3 -B ${HELPER} %h %p"
  user "${ACCOUNT}" password "none" fetchdomains customer.test smtphost 127.0.0.1/${customerPort}\n`

try {
  await provider.start('--config', config)
  await check('ETRN brings what waits', async () => {
    await stranger('by ETRN')
    same(messages.length, 0, 'before')
    const { said } = await fetchmail(`poll localhost proto ETRN service ${provider.ports.smtp} fetchdomains customer.test\n`)
    same(/ETRN customer\.test/.test(said) && /250 2\.0\.0 OK, queuing/.test(said), true, said)
    await arrived(1, said)
    same(messages[0]?.to, ['bob@customer.test'], said)
    same(/^Subject: by ETRN\r\n/m.test(messages[0]?.text ?? ''), true, messages[0]?.text ?? '')
  })
  await check('ETRN of a domain that is not relayed', async () => {
    const { status, said } = await fetchmail(`poll localhost proto ETRN service ${provider.ports.smtp} fetchdomains far.test\n`)
    same([status !== 0, /459 4\.7\.1 Node far\.test not allowed/.test(said)], [true, true], said)
  })
  await check('ATRN fetches what waits', async () => {
    // ETRN leaves the way open for a minute.
    await provider.stop()
    await provider.start('--config', config)
    for (const subject of ['one', 'two', 'three']) await stranger(`by ATRN, ${subject}`)
    same(messages.length, 1, 'before')
    const { status, said } = await fetchmail(odmr)
    await arrived(4, said)
    same(status, 0, said)
    same(
      messages.slice(1).every(({ text }) => /^Subject: by ATRN, /m.test(text) && text.endsWith('\r\n\r\n.dots\r\n..\r\nend\r\n')),
      true,
      said,
    )
  })
  await check('ATRN a second time', async () => {
    const { said } = await fetchmail(odmr)
    same(/453 4\.2\.0 You have no mail|no mail/i.test(said), true, said)
  })
  same(loggedErrors(provider), [], 'the log')
} catch (error) {
  failed++
  console.log(`FAIL fetchmail: ${error instanceof Error ? error.stack : String(error)}`)
} finally {
  await provider.stop()
  await new Promise((resolve) => customer.close(() => resolve(undefined)))
  if (failed === 0) provider.remove()
  else
    console.log(
      `the server's data and log are kept in ${provider.dir}\n${readFileSync(join(provider.dir, 'server.log'), 'utf8').slice(-3000)}`,
    )
  rmSync(home, { recursive: true })
}
process.exit(failed === 0 ? 0 : 1)
