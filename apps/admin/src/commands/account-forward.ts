import { showForwarding } from '../account-format.ts'
import type { CliCommand } from '../command.ts'
import { UsageError } from '../errors.ts'

export const accountForward: CliCommand = {
  name: 'account forward',
  summary: 'Sends the mail of an account on to other addresses, here or elsewhere, or keeps it all again',
  arguments: ['ADDRESS', '[TARGET...]'],
  options: {
    keep: { text: 'a copy stays in the account' },
    tell: { text: 'senders are told the address where it is one elsewhere and no copy stays (251)' },
    none: { text: 'nothing is forwarded any more' },
  },
  details: 'What it says replaces what was said before. How forwarded mail leaves: forwarding.md.',
  examples: ['mailstead account forward ann@example.org ann@elsewhere.example --keep', 'mailstead account forward ann@example.org --none'],

  async run(shell, args) {
    const [address = '', ...targets] = args.positional
    if ((targets.length === 0) !== args.flag('none')) throw new UsageError('account forward: either TARGET or --none is needed')
    const { accounts } = await shell.admin()
    const forwarding = targets.length === 0 ? undefined : { targets, keep: args.flag('keep'), told: args.flag('tell') }
    await accounts.setForwarding(address, forwarding)
    const { forwarding: set } = await accounts.show(address)
    shell.result(
      { account: address, forwarding: set ?? null },
      set === undefined ? `Mail of ${address} is forwarded to nobody` : `Mail of ${address} goes on to ${showForwarding(set)}`,
    )
  },
}
