import { spawnSync } from 'node:child_process'

let known: Readonly<Record<string, string>> | undefined

/** What was measured, as far as it is here. */
export function versions(): Readonly<Record<string, string>> {
  return (known ??= ask())
}

function ask(): Readonly<Record<string, string>> {
  const say = (command: string, args: readonly string[]): string => {
    const said = spawnSync(command, args, { encoding: 'utf8' })
    return said.status === 0 ? (said.stdout.trim().split('\n')[0] ?? '') : ''
  }
  const all = {
    Mailstead: say('git', ['-C', import.meta.dirname, 'describe', '--always', '--dirty']),
    'Node.js': process.version,
    Dovecot: say('dovecot', ['--version']),
    Postfix: say('postconf', ['-d', '-h', 'mail_version']),
    kernel: say('uname', ['-r']),
  }
  return Object.fromEntries(Object.entries(all).filter(([, version]) => version !== ''))
}
