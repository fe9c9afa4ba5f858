import type { CliCommand } from '../command.ts'
import { columns } from '../format.ts'

const aliasAdd: CliCommand = {
  name: 'alias add',
  summary: 'Gives an account a further address, which it may send from too',
  arguments: ['ALIAS', 'ACCOUNT'],
  examples: ['mailstead alias add info@example.org ann@example.org', 'mailstead alias add postmaster@example.org ann@example.org'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    await accounts.addAlias(args.at(0), args.at(1))
    shell.result({ alias: args.at(0), account: args.at(1) }, `Alias ${args.at(0)} leads to ${args.at(1)}`)
  },
}

const aliasMoved: CliCommand = {
  name: 'alias moved',
  summary: 'Tells senders to an address that it is another now',
  arguments: ['ADDRESS', 'NEW'],
  details:
    "They are answered 551 with the new address, and send there themselves: nothing is forwarded. The old address must be nobody's, so the account or alias that has it goes first.",
  examples: ['mailstead alias moved ann@example.org ann@elsewhere.example'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    await accounts.addMoved(args.at(0), args.at(1))
    shell.result({ alias: args.at(0), movedTo: args.at(1) }, `Senders to ${args.at(0)} are told ${args.at(1)}`)
  },
}

const aliasList: CliCommand = {
  name: 'alias list',
  summary: 'Lists the aliases of one account, or all with the addresses that have moved',
  arguments: ['[ACCOUNT]'],
  examples: ['mailstead alias list', 'mailstead alias list ann@example.org'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    const wanted = args.at(0) === '' ? undefined : (await accounts.show(args.at(0))).id
    const aliases = (await accounts.listAliases()).filter(({ target }) => wanted === undefined || target === wanted)
    const json = aliases.map(({ localPart, domain, targetAddress }) => ({ alias: `${localPart}@${domain}`, account: targetAddress }))
    const moved = wanted === undefined ? await accounts.listMoved() : []
    const gone = moved.map(({ localPart, domain, to }) => ({ alias: `${localPart}@${domain}`, movedTo: to }))
    const rows = [
      ...json.map(({ alias, account }) => [alias, account]),
      ...gone.map(({ alias, movedTo }) => [alias, `moved to ${movedTo}`]),
    ]
    shell.result([...json, ...gone], rows.length === 0 ? 'There is no alias' : columns(['ALIAS', 'ACCOUNT'], rows))
  },
}

const aliasRemove: CliCommand = {
  name: 'alias remove',
  summary: 'Takes an alias or a moved address away; mail to it is refused from then on',
  arguments: ['ALIAS'],
  options: { yes: { text: 'does not ask' } },
  examples: ['mailstead alias remove info@example.org --yes'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    const alias = args.at(0)
    if (!(await shell.agreed(`Remove the alias ${alias}?`))) return 1
    await accounts.removeAlias(alias)
    shell.result({ removed: alias }, `Alias ${alias} removed`)
    return 0
  },
}

export const aliasCommands = [aliasAdd, aliasMoved, aliasList, aliasRemove]
