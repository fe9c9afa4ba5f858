import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { makePostfix } from './postfix.ts'
import { ACCOUNTS, daemonize, DOMAIN, freePorts, PASSWORD, run, type Server, userName } from './server.ts'

/** Debian's user for mail, so that none has to be made. */
const MAIL_USER = 'mail'

/**
 * Postfix and, behind it by LMTP, Dovecot. `tuned` is the way its documentation shows for many logins and much mail: sdbox instead of
 * Maildir, looked-up users kept, login processes that serve many, sessions in processes that are used again, idling ones put to rest.
 */
export async function makeDovecot(name: string, title: string, dir: string, tuned: boolean): Promise<Server> {
  const config = join(dir, 'dovecot.conf')
  const portFile = join(dir, 'ports')
  for (const folder of [dir, join(dir, 'mail'), join(dir, 'dovecot'), join(dir, 'postfix')]) mkdirSync(folder, { recursive: true })
  if (!existsSync(portFile)) writeFileSync(portFile, (await freePorts(4)).join(' '))
  const [smtp = 0, imap = 0, imaps = 0, pop3 = 0] = readFileSync(portFile, 'utf8').split(' ').map(Number)
  run('chown', [`${MAIL_USER}:${MAIL_USER}`, join(dir, 'mail')])
  certificate(dir)
  users(dir)
  const addresses = join(dir, 'postfix', 'addresses')
  writeFileSync(
    addresses,
    everyone((user) => `${user}@${DOMAIN} here\n`),
  )
  const postfix = makePostfix(join(dir, 'postfix'), smtp, {
    virtual_mailbox_domains: DOMAIN,
    virtual_mailbox_maps: `texthash:${addresses}`,
    virtual_transport: 'lmtp:unix:private/dovecot-lmtp',
    virtual_mailbox_limit: '0',
    // As shipped it waits up to a second before each message while more come in than go on.
    ...(tuned ? { in_flow_delay: '0' } : {}),
  })
  const lmtp = join(postfix.queue, 'private', 'dovecot-lmtp')
  writeFileSync(
    config,
    [common(dir, { imap, imaps, pop3 }, lmtp), tuned ? TUNED : AS_SHIPPED]
      .join('\n')
      .replace('FORMAT', tuned ? 'sdbox:~/sdbox' : 'maildir:~/Maildir'),
  )
  return {
    name,
    title,
    ports: { smtp, imap, imaps, pop3 },
    accounts: { user: 'u%04d', recipient: `u%04d@${DOMAIN}`, password: PASSWORD },
    login: false,
    async start() {
      daemonize('sh', ['-c', 'ulimit -n 20000; exec dovecot -c "$0"', config])
      postfix.start()
    },
    async stop() {
      if (!existsSync(join(dir, 'dovecot', 'master.pid'))) return
      run('doveadm', ['-c', config, 'stop'])
      postfix.stop()
      while (existsSync(join(dir, 'dovecot', 'master.pid'))) await wait(20)
    },
    roots: () => [Number(readFileSync(join(dir, 'dovecot', 'master.pid'), 'utf8')), postfix.root()],
    async forget() {
      run('find', [join(dir, 'mail'), '-name', 'dovecot.index.cache', '-delete'])
    },
  }
}

const everyone = (line: (user: string) => string): string => Array.from({ length: ACCOUNTS }, (_, n) => line(userName(n + 1))).join('')

function users(dir: string): void {
  const file = join(dir, 'users')
  if (existsSync(file)) return
  const hash = run('doveadm', ['pw', '-s', 'SHA512-CRYPT', '-p', PASSWORD]).trim()
  writeFileSync(
    file,
    everyone((user) => `${user}:${hash}::::::\n`),
    { mode: 0o644 },
  )
}

function certificate(dir: string): void {
  if (existsSync(join(dir, 'cert.pem'))) return
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=mail.example.test'
  const made = spawnSync('openssl', [...args.split(' '), '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')], {
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`)
}

function common(dir: string, ports: { readonly imap: number; readonly imaps: number; readonly pop3: number }, lmtp: string): string {
  return `base_dir = ${join(dir, 'dovecot')}
state_dir = ${join(dir, 'dovecot')}
protocols = imap pop3 lmtp
listen = 127.0.0.1
log_path = ${join(dir, 'dovecot.log')}
mail_location = FORMAT
mail_uid = ${MAIL_USER}
mail_gid = ${MAIL_USER}
mail_home = ${join(dir, 'mail')}/%n
first_valid_uid = 1
auth_username_format = %Ln
auth_mechanisms = plain login
disable_plaintext_auth = no
mail_max_userip_connections = 5000
ssl = yes
ssl_cert = <${join(dir, 'cert.pem')}
ssl_key = <${join(dir, 'key.pem')}
default_vsz_limit = 1G
passdb {
  driver = passwd-file
  args = scheme=SHA512-CRYPT username_format=%n ${join(dir, 'users')}
}
userdb {
  driver = static
  args = uid=${MAIL_USER} gid=${MAIL_USER} home=${join(dir, 'mail')}/%n
}
namespace inbox {
  inbox = yes
  separator = /
}
service imap-login {
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = ${ports.imaps}
    ssl = yes
  }
  process_limit = 2500
}
service pop3-login {
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
service imap {
  process_limit = 4096
}
service anvil {
  client_limit = 10000
}
service stats {
  client_limit = 10000
}
service auth {
  client_limit = 12000
}
service lmtp {
  unix_listener ${lmtp} {
    mode = 0600
    user = postfix
    group = postfix
  }
}`
}

const AS_SHIPPED = ''

const TUNED = `auth_cache_size = 10M
mailbox_list_index_very_dirty_syncs = yes
pop3_no_flag_updates = yes
service imap-login {
  service_count = 0
  process_min_avail = 2
  client_limit = 5000
}
service pop3-login {
  service_count = 0
  process_min_avail = 2
  client_limit = 5000
}
service pop3 {
  service_count = 100
}
service imap {
  service_count = 100
  process_min_avail = 2
  unix_listener imap-master {
    user = $default_internal_user
  }
  extra_groups = $default_internal_group
}
service imap-hibernate {
  client_limit = 5000
  unix_listener imap-hibernate {
    mode = 0660
    group = ${MAIL_USER}
  }
}
protocol imap {
  imap_hibernate_timeout = 5s
}
`
