import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execute } from './execute.ts'
import { type Ports, type Relay, type Way, WAYS } from './relay.ts'
import type { Site } from './site.ts'
import { submit } from './submit.ts'

/** Where `unpack-exim` puts it: Debian installs no two mail servers side by side. */
const UNPACKED = process.env['MAILSTEAD_EXIM'] ?? fileURLToPath(new URL('../../../node_modules/.cache/exim', import.meta.url))
export const EXIM = join(UNPACKED, 'usr/sbin/exim4')
/** Preloaded, it tells Exim of a user that this machine may not have. */
export const EXIM_PRELOADED = join(UNPACKED, 'libnss_wrapper.so')

/** Why there can be no Exim here. */
export function noExim(): string | undefined {
  if (process.getuid?.() !== 0) return 'Exim as a relay is started as root only'
  return existsSync(EXIM) ? undefined : 'no Exim: test/interop/peers/unpack-exim brings one'
}

/** An Exim without a daemon: it takes a letter on its standard input, and is then told to hand on what it has. */
export async function makeExim(site: Site, to: Ports): Promise<Relay> {
  const dir = join(site.dir, 'exim')
  mkdirSync(dir)
  const env = userOf(dir)
  for (const way of WAYS) {
    mkdirSync(join(dir, way))
    writeFileSync(join(dir, `${way}.conf`), configuration(dir, way, site.caFile, to[way]), { mode: 0o644 })
  }
  await execute('chown', ['-R', 'nobody', dir])
  await execute('chown', ['root', ...WAYS.map((way) => join(dir, `${way}.conf`))])
  const on = (way: Way, ...args: readonly string[]): string[] => ['-C', join(dir, `${way}.conf`), ...args]
  const eachWay = async (...args: readonly string[]): Promise<string> => {
    let output = ''
    for (const way of WAYS) output += (await execute(EXIM, on(way, ...args), { env })).output
    return output
  }
  return {
    name: 'Exim',
    async send(way, letter) {
      const child = spawn(EXIM, on(way, '-odq', '-bs'), { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'ignore'] })
      const ended = once(child, 'exit')
      await submit({ reads: child.stdin, says: child.stdout }, letter)
      await ended
      await execute(EXIM, on(way, '-q'), { env })
    },
    retry: async () => void (await eachWay('-qff')),
    waiting: async () => (await eachWay('-bpr')).trim(),
    log: () =>
      WAYS.map((way) => join(dir, way, 'mainlog'))
        .map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : ''))
        .join(''),
    stop: async () => {},
  }
}

/** Debian's Exim does not run without its user, which only installing it makes: it is told that there is one. */
export function userOf(dir: string): Record<string, string> {
  const written = (name: string, line: string): string => {
    const path = join(dir, name)
    writeFileSync(path, `${readFileSync(`/etc/${name}`, 'utf8')}${line}\n`, { mode: 0o644 })
    return path
  }
  return {
    LD_PRELOAD: EXIM_PRELOADED,
    NSS_WRAPPER_PASSWD: written('passwd', 'Debian-exim:x:65534:65534::/nonexistent:/bin/false'),
    NSS_WRAPPER_GROUP: written('group', 'Debian-exim:x:65534:'),
  }
}

function configuration(dir: string, way: Way, caFile: string, port: number): string {
  const transport = {
    clear: 'hosts_avoid_tls = *',
    may: `tls_verify_certificates = ${caFile}\n  tls_try_verify_hosts = *`,
    verified: `hosts_require_tls = *\n  tls_verify_certificates = ${caFile}\n  tls_verify_hosts = *\n  tls_verify_cert_hostnames = *`,
    submission: 'hosts_require_tls = *',
    lmtp: 'protocol = lmtp\n  hosts_avoid_tls = *',
  }[way]
  return `primary_hostname = exim.peers.test
exim_path = ${EXIM}
spool_directory = ${join(dir, way)}
log_file_path = ${join(dir, way)}/%slog
log_selector = +tls_certificate_verified +smtp_confirmation
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
local_interfaces = 127.0.0.26
acl_smtp_mail = taken
acl_smtp_rcpt = taken
acl_smtp_data = taken
untrusted_set_sender = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = 60M
tls_advertise_hosts =
begin acl
taken:
  accept
begin routers
on:
  driver = manualroute
  transport = on
  route_list = * localhost byname
  self = send
begin transports
on:
  driver = smtp
  port = ${port}
  interface = 127.0.0.26
  hosts_try_chunking = *
  ${transport}
begin retry
* * F,1h,1m
`
}
