import { join } from 'node:path'
import type { Role, ServerFacts } from '@mailstead/server'
import type { NewUser } from './first-run.ts'
import { columns } from './format.ts'

/** What to type into a mail program to use the server on this machine. */
export function instructions(facts: ServerFacts, dir: string, users: readonly NewUser[]): string {
  const ports = new Map(facts.listeners.flatMap(({ role, port }) => (role === 'mta-sts' ? [] : [[role, port]])))
  return [
    `Mailstead ${facts.version} is running. Its data are in ${dir}`,
    accountTable(users, dir),
    `1. Let Thunderbird trust this server: Settings > Privacy & Security > Manage Certificates > Authorities > Import\n     ${facts.caFile ?? '(the certificate comes from given files)'}`,
    `2. New account > Existing email: name, address and password from above, then "Configure manually":\n\n${indent(serverTable(ports))}`,
    `Mail from outside comes in on port ${ports.get('mx') ?? '(off)'}, without a login, for the accounts above only.`,
    `Try:  npx mailstead send-test${dir === join(process.cwd(), 'data') ? '' : ` --data ${dir}`}      End:  Ctrl-C`,
  ].join('\n\n')
}

function accountTable(users: readonly NewUser[], dir: string): string {
  if (users.length === 0) return 'There is no account yet: npx mailstead account add ADDRESS'
  if (users.every(({ password }) => password === undefined)) {
    const first = users[0]?.address ?? ''
    const shown = users.slice(0, 10).map(({ address }) => [address])
    const more = users.length > 10 ? `\n  … and ${users.length - 10} more: npx mailstead account list` : ''
    return (
      `${indent(columns(['User name'], shown))}${more}\n\n` +
      `Passwords were shown when the accounts were made and are kept as hashes only. A new one: npx mailstead account passwd ${first} --data ${dir}`
    )
  }
  const rows = users.map(({ address, password }) => [address, password ?? ''])
  return indent(columns(['User name', 'Password (shown this once)'], rows))
}

function serverTable(ports: ReadonlyMap<Role, number>): string {
  const row = (what: string, role: Role, security: string): string[][] => {
    const port = ports.get(role)
    return port === undefined ? [] : [[what, 'localhost', `${port}`, security, 'Normal password']]
  }
  return columns(
    ['', 'Hostname', 'Port', 'Security', 'Authentication'],
    [
      ...row('Incoming  IMAP', 'imaps', 'SSL/TLS'),
      ...row('Outgoing  SMTP', 'submissions', 'SSL/TLS'),
      ...row('or  IMAP', 'imap', 'STARTTLS'),
      ...row('or  POP3', 'pop3s', 'SSL/TLS'),
      ...row('or  POP3', 'pop3', 'STARTTLS'),
      ...row('or  SMTP', 'submission', 'STARTTLS'),
    ],
  )
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '   ')
}
