import type { CliCommand } from '../command.ts'
import { UsageError } from '../errors.ts'

export const accountApop: CliCommand = {
  name: 'account apop',
  summary: 'Lets an account log in to POP3 by APOP, or no longer',
  arguments: ['ADDRESS', '[on|off]'],
  details:
    'For mail programs that know nothing better. "on" makes a secret and prints it, this once: it stands in the program where the password would, and opens nothing but POP3. A second "on" makes another one. It is kept encrypted by `apop.key` in the data folder, which is in no backup. The server offers APOP only with `pop3.apop = true`. A change ends the sessions of the account. docs/authentication.md has more.',
  examples: [
    'mailstead account apop ann@example.org on',
    'mailstead account apop ann@example.org off',
    'mailstead account apop ann@example.org',
  ],

  async run(shell, args) {
    const [, wanted] = args.positional
    if (wanted !== undefined && wanted !== 'on' && wanted !== 'off') throw new UsageError(`${JSON.stringify(wanted)} is neither on nor off`)
    const account = args.at(0)
    const { accounts } = await shell.admin()
    if (wanted === 'on') {
      const secret = await accounts.makeApopSecret(account)
      shell.result({ account, apop: true, secret }, `${account} may log in by APOP, with the secret\n\n    ${secret}`)
      return
    }
    if (wanted === 'off') await accounts.removeApopSecret(account)
    const apop = await accounts.hasApopSecret(account)
    shell.result({ account, apop }, `${account} ${apop ? 'may' : 'may not'} log in by APOP`)
  },
}
