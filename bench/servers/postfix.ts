import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { daemonize, run } from './server.ts'

/** A Postfix of its own: configuration, queue and port, nothing of the system's. */
export interface Postfix {
  readonly queue: string
  start(): void
  stop(): void
  root(): number
}

/** `settings`: more of main.cf. All that is not said is as shipped. */
export function makePostfix(dir: string, port: number, settings: Readonly<Record<string, string>>): Postfix {
  const [etc, queue, data] = ['postfix', 'queue', 'data'].map((name) => join(dir, name)) as [string, string, string]
  for (const folder of [dir, etc, queue, data]) mkdirSync(folder, { recursive: true })
  const main = {
    compatibility_level: '3.6',
    queue_directory: queue,
    data_directory: data,
    command_directory: '/usr/sbin',
    daemon_directory: '/usr/lib/postfix/sbin',
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    maillog_file: join(dir, 'postfix.log'),
    maillog_file_prefixes: dir,
    myhostname: 'mail.example.test',
    mydestination: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    message_size_limit: '52428800',
    smtpd_relay_restrictions: 'permit_mynetworks, reject_unauth_destination',
    smtputf8_enable: 'yes',
    alias_maps: '',
    alias_database: '',
    ...settings,
  }
  writeFileSync(
    join(etc, 'main.cf'),
    Object.entries(main)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(''),
  )
  // The services as shipped, none of them chrooted, one port of our own.
  const services = readFileSync('/usr/share/postfix/master.cf.dist', 'utf8')
    .replace(/^smtp +inet .*/m, `127.0.0.1:${port} inet n - n - - smtpd`)
    .replace(/^(\S+ +(?:unix|inet|fifo|pass|unix-dgram) +\S+ +\S+ +)[-y](?= )/gm, '$1n')
  writeFileSync(join(etc, 'master.cf'), services)
  run('chown', ['postfix', data])
  run('chown', ['root', queue])
  const command = (name: string): string => run('postfix', ['-c', etc, name])
  command('check')
  return {
    queue,
    start: () => daemonize('postfix', ['-c', etc, 'start']),
    stop: () => void command('stop'),
    root: () => Number(readFileSync(join(queue, 'pid', 'master.pid'), 'utf8')),
  }
}
