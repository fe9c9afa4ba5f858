import type { AccountCheck } from '@mailstead/accounts'
import { formatSize } from '@mailstead/base'
import { showQuota, toJson } from '../account-format.ts'
import type { CliCommand } from '../command.ts'
import { columns, when } from '../format.ts'

export const accountCheck: CliCommand = {
  name: 'account check',
  summary: 'Says whether an account can log in and take mail, and if not, why; exit code 1 when not',
  arguments: ['ADDRESS'],
  options: { 'password-stdin': { text: 'also tries the password on standard input' } },
  examples: [
    'mailstead account check ann@example.org',
    'printf \'%s\' "$PASSWORD" | mailstead account check ann@example.org --password-stdin',
  ],

  async run(shell, args) {
    const password = args.flag('password-stdin') ? await shell.readPassword(args.at(0)) : undefined
    const { accounts } = await shell.admin()
    const check = await accounts.check(args.at(0), password)
    const { address, account, mayLogIn, takesMail, obstacles } = check
    shell.result({ address, mayLogIn, takesMail, obstacles, account: account === undefined ? null : toJson(account) }, describe(check))
    return mayLogIn && takesMail ? 0 : 1
  },
}

function describe({ address, account, mayLogIn, takesMail, obstacles }: AccountCheck): string {
  const yes = (can: boolean): string => (can ? 'yes' : 'no')
  const rows = [
    ['address', address],
    ['may log in', yes(mayLogIn)],
    ['takes mail', yes(takesMail)],
    ...obstacles.map(({ text }) => ['because', text]),
  ]
  if (account !== undefined) {
    rows.push(['used', `${formatSize(account.usedOctets)} of ${showQuota(account.quota)}`], ['last login', when(account.lastLoginAt)])
  }
  return columns(['', ''], rows).trimStart()
}
