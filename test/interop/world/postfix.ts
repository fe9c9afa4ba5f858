import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { POSTFIX_SERVICES } from '../postfix-services.ts'
import { programPath, run } from '../peers/execute.ts'
import { submitTo } from '../peers/submit.ts'
import type { Issued } from './certificates.ts'
import { Maildir } from './maildir.ts'
import { LARGEST, NOBODY, type Party, type PartySetting } from './party.ts'

/** Lets programs that look names up by the C library ask our resolver (Debian's libresolv-wrapper). */
export const RESOLV_WRAPPER = 'libresolv_wrapper.so'

export interface PostfixSetting extends PartySetting {
  readonly certificate: Issued
  readonly foreign: Issued
  readonly caFile: string
  readonly resolvConf: string
  /** A table of Postfix where MTA-STS policies are asked for, for domains that begin with `sts` or `lost`: all others have nothing but DANE. */
  readonly policies: string
}

interface Queued {
  readonly recipients: readonly { readonly address: string }[]
}

/** A Postfix that trusts DANE before all, with a queue and addresses of its own. It has to be stopped: it is no child of this process. */
export async function makePostfix(setting: PostfixSetting): Promise<Party> {
  const { name, label, addresses } = setting
  const dir = join(setting.dir, 'postfix')
  const etc = join(dir, 'etc')
  for (const folder of ['', 'etc', 'spool', 'data']) mkdirSync(join(dir, folder))
  const box = new Maildir(join(dir, 'box'))
  const log = join(dir, 'postfix.log')
  const own = `(.+\\.)?${label}\\.((insecure|bogus)\\.)?test`
  writeFileSync(join(etc, 'domains'), `/^${own}$/ here\n`)
  writeFileSync(join(etc, 'boxes'), `!/^${NOBODY}@/ box/\n`)
  writeFileSync(join(etc, 'transports'), '/@(sts|lost)\\.[ab]\\.test$/ sts:\n')
  writeFileSync(join(etc, 'main.cf'), mainCf(dir, etc, log, setting))
  writeFileSync(join(etc, 'master.cf'), masterCf(setting))
  const env = { LD_PRELOAD: RESOLV_WRAPPER, RESOLV_WRAPPER_CONF: setting.resolvConf }
  const command = (program: string, ...args: readonly string[]): Promise<string> =>
    run(programPath(program) ?? program, ['-c', etc, ...args])
  await run('chown', ['postfix', join(dir, 'data')])
  await run('chown', ['-R', 'nobody', box.dir])
  await command('postfix', 'check')
  await run(programPath('postfix') ?? 'postfix', ['-c', etc, 'start'], { env })
  const stop = async (): Promise<void> => void (await command('postfix', 'stop'))
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
      const lines = (await command('postqueue', '-j')).split('\n').filter((line) => line.startsWith('{'))
      return lines.flatMap((line) => (JSON.parse(line) as Queued).recipients.map(({ address }) => address))
    },
    log: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    stop,
  }
}

function mainCf(dir: string, etc: string, log: string, { label, addresses, certificate, caFile }: PostfixSetting): string {
  return Object.entries({
    compatibility_level: '3.6',
    import_environment: 'MAIL_CONFIG LANG=C LD_PRELOAD RESOLV_WRAPPER_CONF POSTLOG_SERVICE POSTLOG_HOSTNAME',
    queue_directory: join(dir, 'spool'),
    data_directory: join(dir, 'data'),
    maillog_file: log,
    maillog_file_prefixes: dir,
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    myhostname: `mx.${label}.test`,
    myorigin: `${label}.test`,
    mydestination: '',
    alias_maps: '',
    alias_database: '',
    virtual_mailbox_domains: `regexp:${join(etc, 'domains')}`,
    virtual_mailbox_maps: `regexp:${join(etc, 'boxes')}`,
    virtual_mailbox_base: dir,
    virtual_mailbox_limit: '0',
    virtual_uid_maps: 'static:65534',
    virtual_gid_maps: 'static:65534',
    virtual_minimum_uid: '1',
    mynetworks: '127.0.0.0/8',
    inet_protocols: 'ipv4',
    // It knows no addresses but those that interfaces have, and needs one of them. Where it listens stands in master.cf.
    inet_interfaces: '127.0.0.1',
    smtp_bind_address: addresses.main,
    smtpd_peername_lookup: 'no',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    smtpd_tls_security_level: 'may',
    smtpd_tls_chain_files: `${certificate.key}, ${certificate.chain}`,
    smtpd_tls_received_header: 'yes',
    smtputf8_enable: 'yes',
    message_size_limit: String(LARGEST),
    smtp_dns_support_level: 'dnssec',
    smtp_tls_security_level: 'dane',
    transport_maps: `regexp:${join(etc, 'transports')}`,
    smtp_tls_CAfile: caFile,
    smtp_tls_loglevel: '1',
  })
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')
}

function masterCf({ addresses, foreign, policies }: PostfixSetting): string {
  const listener = (address: string, options: string): string => `${address}:25 inet n - n - - smtpd ${options}`
  return `${[
    listener(addresses.main, ''),
    listener(
      addresses.clear,
      '-o smtpd_tls_security_level=none -o smtpd_discard_ehlo_keywords=8bitmime,chunking,dsn,smtputf8,silent-discard',
    ),
    listener(addresses.foreign, `-o smtpd_tls_chain_files=${foreign.key},${foreign.chain}`),
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
    `sts unix - - n - - smtp -o syslog_name=postfix-sts -o smtp_tls_security_level=may -o smtp_tls_policy_maps=${policies}`,
    'virtual unix - n n - - virtual',
    ...POSTFIX_SERVICES,
  ].join('\n')}\n`
}

/** Resolves once a mail server greets there; rejects after 20 s. */
export async function greets(address: string): Promise<void> {
  const end = Date.now() + 20_000
  const once = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(25, address)
      socket.once('data', () => socket.end('QUIT\r\n', () => resolve(true)))
      socket.once('error', () => resolve(false))
    })
  while (!(await once())) {
    if (Date.now() > end) throw new Error(`no mail server at ${address}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
