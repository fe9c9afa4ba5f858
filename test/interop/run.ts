/**
 * Real clients against a real server: our own scripts in this folder, and a folder of further client scripts when
 * MAILSTEAD_CLIENTS names one (its `run-all` is called with the server's addresses in the environment).
 *
 *   npm run interop                 all
 *   npm run interop -- python       scripts whose name has the word
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mailstead, makeServer } from './server.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const words = process.argv.slice(2)
const wanted = (name: string): boolean => words.length === 0 || words.some((word) => name.includes(word))

const domain = 'interop.test'
const user1 = { address: `ann@${domain}`, password: 'ann-secret-1' }
const user2 = { address: `ben@${domain}`, password: 'ben "secret" 2' }
const server = await makeServer(domain, { [user1.address]: user1.password, [user2.address]: user2.password })
let failed = 0
try {
  await server.start()
  const { secret } = JSON.parse(mailstead(server.dir, ['account', 'apop', user2.address, 'on', '--json'])) as { secret: string }
  const env = {
    ...process.env,
    MAIL_HOST: 'localhost',
    MAIL_DOMAIN: domain,
    MX_PORT: String(server.ports.smtp),
    SMTP_PORT: String(server.ports.submission),
    SMTPS_PORT: String(server.ports.submissions),
    IMAP_PORT: String(server.ports.imap),
    IMAPS_PORT: String(server.ports.imaps),
    POP3_PORT: String(server.ports.pop3),
    POP3S_PORT: String(server.ports.pop3s),
    USER1: user1.address,
    PASS1: user1.password,
    USER2: user2.address,
    PASS2: user2.password,
    APOP2: secret,
    CA_FILE: server.caFile,
    NODE_MODULES_DIR: join(here, '../..'),
    SERVER_PID: String(server.pid),
  }
  for (const [name, command] of scripts()) {
    const start = Date.now()
    const ok = spawnSync(command[0] ?? '', command.slice(1), { env, stdio: 'inherit' }).status === 0
    if (!ok) failed++
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`)
  }
} finally {
  const code = await server.stop()
  if (code !== 0) {
    failed++
    console.log(`FAIL the server ended with ${code}`)
  }
  if (failed === 0) server.remove()
  else console.log(`the server's data and log are kept in ${server.dir}`)
}
process.exit(failed === 0 ? 0 : 1)

function scripts(): [name: string, command: string[]][] {
  const own = readdirSync(here)
    .filter((file) => /^client-.*\.(py|mjs)$/.test(file) && wanted(file))
    .sort()
    .map((file): [string, string[]] => [
      file,
      file.endsWith('.py') ? ['/usr/bin/python3', '-B', join(here, file)] : [process.execPath, join(here, file)],
    ])
  const more = process.env['MAILSTEAD_CLIENTS']
  if (more !== undefined && more !== '' && existsSync(join(more, 'run-all'))) {
    const names = readdirSync(more).filter((file) => /^\d\d-/.test(file) && wanted(file))
    own.push(...names.sort().map((file): [string, string[]] => [file, [join(more, 'run-all'), file]]))
  }
  return own
}
