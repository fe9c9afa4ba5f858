import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIM, EXIM_PRELOADED, userOf } from '../peers/exim.ts'
import { execute, run } from '../peers/execute.ts'
import { submitTo } from '../peers/submit.ts'
import type { Issued } from './certificates.ts'
import { Maildir } from './maildir.ts'
import { LARGEST, NOBODY, type Party, type PartySetting } from './party.ts'
import { greets, RESOLV_WRAPPER } from './postfix.ts'

export interface EximSetting extends PartySetting {
  readonly certificate: Issued
  readonly foreign: Issued
  readonly caFile: string
  readonly resolvConf: string
}

/** ms between two runs of the queue. */
const PAUSE = 200

/** An Exim as a daemon. It delivers nothing: without setuid it cannot become root again, who delivers here, so its queue is run again and again. */
export async function makeExim(setting: EximSetting): Promise<Party> {
  const { name, label, addresses } = setting
  const dir = join(setting.dir, 'exim')
  mkdirSync(dir)
  mkdirSync(join(dir, 'spool'))
  const box = new Maildir(join(dir, 'box'))
  const config = join(dir, 'exim.conf')
  const env = {
    ...userOf(dir),
    LD_PRELOAD: `${RESOLV_WRAPPER} ${EXIM_PRELOADED}`,
    RESOLV_WRAPPER_CONF: setting.resolvConf,
    RES_OPTIONS: 'trust-ad',
  }
  writeFileSync(config, configuration(dir, box.dir, setting), { mode: 0o644 })
  await run('chown', ['-R', 'nobody', dir])
  await run('chown', ['root', config])
  const child = spawn(EXIM, ['-C', config, '-bdf'], { env: { ...process.env, ...env }, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const stopping = new AbortController()
  const runs = runQueue(config, env, stopping.signal)
  const stop = async (): Promise<void> => {
    stopping.abort()
    child.kill('SIGTERM')
    await Promise.all([ended, runs])
  }
  const log = join(dir, 'mainlog')
  await greets(addresses.main).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    name,
    label,
    addresses,
    send: (letter) => submitTo(addresses.main, 25, letter),
    messages: async () => box.messages(),
    async waiting() {
      const { output } = await execute(EXIM, ['-C', config, '-bpr'], { env })
      // Those that are done have a D before them.
      return output.split('\n').flatMap((line) => /^ {2,}(\S+@\S+)$/.exec(line)?.[1] ?? [])
    },
    log: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    stop,
  }
}

async function runQueue(config: string, env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await execute(EXIM, ['-C', config, '-q'], { env })
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

function configuration(dir: string, box: string, { label, addresses, certificate, foreign, caFile }: EximSetting): string {
  const byAddress = (ours: string, other: string): string => `\${if eq{$received_ip_address}{${addresses.foreign}}{${other}}{${ours}}}`
  const notInClear = `\${if eq{$received_ip_address}{${addresses.clear}}{}{*}}`
  return `primary_hostname = mx.${label}.test
exim_path = ${EXIM}
spool_directory = ${join(dir, 'spool')}
log_file_path = ${dir}/%slog
pid_file_path = ${join(dir, 'pid')}
log_selector = +all -arguments
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP : RESOLV_WRAPPER_CONF : RES_OPTIONS
local_interfaces = ${Object.values(addresses).join(' : ')}
daemon_smtp_ports = 25
smtp_accept_max = 200
host_lookup =
acl_smtp_rcpt = recipients
acl_smtp_data = taken
untrusted_set_sender = *
dsn_advertise_hosts = ${notInClear}
smtputf8_advertise_hosts = ${notInClear}
chunking_advertise_hosts = ${notInClear}
message_size_limit = ${LARGEST}
dns_dnssec_ok = 1
queue_only = true
tls_advertise_hosts = ${notInClear}
tls_certificate = ${byAddress(certificate.chain, foreign.chain)}
tls_privatekey = ${byAddress(certificate.key, foreign.key)}
domainlist own = \\N^(.+\\.)?${label}\\.((insecure|bogus)\\.)?test$\\N
begin acl
recipients:
  deny
    domains = +own
    local_parts = ${NOBODY}
    message = 5.1.1 no such mailbox
  accept
taken:
  accept
begin routers
here:
  driver = accept
  domains = +own
  transport = box
elsewhere:
  driver = dnslookup
  transport = out
  self = send
  dnssec_request_domains = *
begin transports
box:
  driver = appendfile
  maildir_format
  directory = ${box}
  create_directory = false
  delivery_date_add
  envelope_to_add
  return_path_add
  user = nobody
out:
  driver = smtp
  interface = ${addresses.main}
  hosts_try_dane = *
  hosts_try_chunking = *
  dnssec_request_domains = *
  tls_verify_certificates = ${caFile}
  tls_try_verify_hosts = *
begin retry
* * F,1h,1m
`
}
