import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { POSTFIX_SERVICES } from '../postfix-services.ts'
import { programPath, run } from './execute.ts'
import { type Ports, type Relay, type Way, WAYS } from './relay.ts'
import { MANY, PASSWORD, RELAY, type Site } from './site.ts'
import { submitTo } from './submit.ts'

/** Not the address that anything else of this machine listens on. */
const ADDRESS = '127.0.0.25'

/** Why there can be no Postfix here. */
export function noPostfix(): string | undefined {
  if (process.getuid?.() !== 0) return 'Postfix starts as root only'
  return programPath('postfix') === undefined ? 'postfix is not installed' : undefined
}

/** A Postfix of its own: configuration, queue and ports, nothing of the system's. It has to be stopped: it is no child of this process. */
export async function makePostfix(site: Site, to: Ports): Promise<Relay> {
  const dir = join(site.dir, 'postfix')
  const etc = join(dir, 'etc')
  for (const folder of ['', 'etc', 'spool', 'data']) mkdirSync(join(dir, folder))
  const log = join(dir, 'postfix.log')
  const ports = Object.fromEntries(await Promise.all(WAYS.map(async (way) => [way, await freePort()]))) as Ports
  writeFileSync(join(etc, 'main.cf'), mainCf(dir, log, site.caFile, to))
  writeFileSync(join(etc, 'master.cf'), masterCf(ports, to))
  const command = (name: string, ...args: readonly string[]): Promise<string> => run(programPath(name) ?? name, ['-c', etc, ...args])
  await run('chown', ['postfix', join(dir, 'data')])
  await command('postfix', 'check')
  await command('postfix', 'start')
  const stop = async (): Promise<void> => void (await command('postfix', 'stop'))
  await ready(ports.may).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    name: 'Postfix',
    send: (way, letter) => submitTo(ADDRESS, ports[way], letter),
    retry: async () => void (await command('postqueue', '-f')),
    async waiting() {
      const queue = await command('postqueue', '-j')
      return queue.trim()
    },
    log: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    stop,
  }
}

function mainCf(dir: string, log: string, caFile: string, to: Ports): string {
  return Object.entries({
    compatibility_level: '3.6',
    queue_directory: join(dir, 'spool'),
    data_directory: join(dir, 'data'),
    maillog_file: log,
    maillog_file_prefixes: dir,
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    myhostname: 'postfix.peers.test',
    mydestination: '',
    alias_maps: '',
    alias_database: '',
    mynetworks: '127.0.0.0/8',
    inet_protocols: 'ipv4',
    inet_interfaces: '127.0.0.1',
    smtp_bind_address: ADDRESS,
    smtp_dns_support_level: 'disabled',
    smtp_helo_name: 'postfix.peers.test',
    default_transport: 'may',
    relayhost: `[localhost]:${to.may}`,
    // So that many are more than one transaction.
    smtp_destination_recipient_limit: String(Math.floor(MANY / 3)),
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    smtpd_discard_ehlo_keywords: 'silent-discard, etrn',
    smtputf8_enable: 'yes',
    message_size_limit: '60000000',
    mailbox_size_limit: '0',
    smtp_tls_CAfile: caFile,
    smtp_tls_loglevel: '1',
    smtp_tls_secure_cert_match: 'nexthop',
  })
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')
}

/** A port for each way, whose mail goes nowhere else. */
function masterCf(ports: Ports, to: Ports): string {
  const into = (way: Way): string =>
    `${ADDRESS}:${ports[way]} inet n - n - - smtpd -o content_filter=${way === 'lmtp' ? 'lmtp:inet:[127.0.0.1]' : `${way}:[localhost]`}:${to[way]}`
  const out = (way: Way, level: string): string => `${way} unix - - n - - smtp -o smtp_tls_security_level=${level}`
  return `${[
    ...WAYS.map(into),
    out('clear', 'none'),
    out('may', 'may'),
    out('verified', 'secure'),
    `${out('submission', 'secure')} -o smtp_sasl_auth_enable=yes -o smtp_sasl_security_options=noanonymous -o smtp_sasl_password_maps=static:${RELAY}:${PASSWORD}`,
    'lmtp unix - - n - - lmtp',
    ...POSTFIX_SERVICES,
  ].join('\n')}\n`
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, ADDRESS)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** Resolves once the port answers; rejects after 10 s. */
async function ready(port: number): Promise<void> {
  const end = Date.now() + 10_000
  while (!(await answers(port))) {
    if (Date.now() > end) throw new Error('Postfix does not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, ADDRESS)
    socket.once('data', () => socket.end(() => resolve(true)))
    socket.once('error', () => resolve(false))
  })
}
