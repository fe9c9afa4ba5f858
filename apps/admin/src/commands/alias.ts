import { parseAddress, type AccountAdmin } from '@mailstead/accounts'
import type { Group } from '@mailstead/store'
import { addressOf } from '../account-format.ts'
import type { CliCommand } from '../command.ts'
import { UsageError } from '../errors.ts'
import { columns } from '../format.ts'
import type { Shell } from '../shell.ts'

type Accounts = Pick<AccountAdmin, 'check' | 'listGroups' | 'putGroup'>

const aliasAdd: CliCommand = {
  name: 'alias add',
  summary: 'Gives an account a further address, or sends mail for an address to several, here and elsewhere',
  arguments: ['ALIAS', 'TARGET...'],
  options: { tell: { text: 'senders are told the target where it is one elsewhere (251)' } },
  details:
    'An alias of one account is its own: it may send from it too. With other or several targets the address is a group, and mail for it goes to each of them once; ' +
    'named again, further targets come to it. Accounts in a group may send from its address. How mail leaves for addresses elsewhere: forwarding.md.',
  examples: [
    'mailstead alias add info@example.org ann@example.org',
    'mailstead alias add postmaster@example.org ann@example.org',
    'mailstead alias add team@example.org ann@example.org ben@example.org carl@elsewhere.example',
  ],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    const [alias = '', ...targets] = args.positional
    const group = await groupAt(accounts, alias)
    if (group === undefined && targets.length === 1 && !args.flag('tell') && (await isAccount(accounts, args.at(1)))) {
      await accounts.addAlias(alias, args.at(1))
      return shell.result({ alias, account: args.at(1) }, `Alias ${alias} leads to ${args.at(1)}`)
    }
    const put = await accounts.putGroup(alias, [...(group?.targets ?? []), ...targets], args.flag('tell') || group?.told === true)
    shell.result({ alias, targets: put.targets, told: put.told }, `Mail for ${alias} goes to ${put.targets.join(', ')}`)
  },
}

async function isAccount(accounts: Accounts, address: string): Promise<boolean> {
  const { account, obstacles } = await accounts.check(address)
  return account !== undefined && !obstacles.some(({ code }) => code === 'catch-all')
}

async function groupAt(accounts: Accounts, address: string): Promise<Group | undefined> {
  const wanted = parseAddress(address)
  if (wanted === undefined) return undefined
  const key = addressOf(wanted).toLowerCase()
  return (await accounts.listGroups()).find((group) => addressOf(group).toLowerCase() === key)
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
  summary: 'Lists the aliases and groups of one account, or all with the addresses that have moved',
  arguments: ['[ACCOUNT]'],
  examples: ['mailstead alias list', 'mailstead alias list ann@example.org'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    const wanted = args.at(0) === '' ? undefined : await accounts.show(args.at(0))
    const aliases = (await accounts.listAliases()).filter(({ target }) => wanted === undefined || target === wanted.id)
    const own = wanted === undefined ? undefined : addressOf(wanted).toLowerCase()
    const groups = (await accounts.listGroups()).filter(
      ({ targets }) => own === undefined || targets.some((target) => target.toLowerCase() === own),
    )
    const moved = wanted === undefined ? await accounts.listMoved() : []
    const listed = [
      ...aliases.map((alias) => ({ alias: addressOf(alias), account: alias.targetAddress })),
      ...groups.map((group) => ({ alias: addressOf(group), targets: group.targets, told: group.told })),
      ...moved.map((address) => ({ alias: addressOf(address), movedTo: address.to })),
    ]
    const rows = listed.map((each) => [each.alias, leadsTo(each)])
    shell.result(listed, rows.length === 0 ? 'There is no alias' : columns(['ALIAS', 'LEADS TO'], rows))
  },
}

function leadsTo(each: { readonly account: string } | { readonly targets: readonly string[] } | { readonly movedTo: string }): string {
  if ('account' in each) return each.account
  return 'targets' in each ? each.targets.join(', ') || 'nobody' : `moved to ${each.movedTo}`
}

const aliasRemove: CliCommand = {
  name: 'alias remove',
  summary: 'Takes an alias, a group or a moved address away, so that mail to it is refused; or targets out of a group',
  arguments: ['ALIAS', '[TARGET...]'],
  options: { yes: { text: 'does not ask' } },
  examples: ['mailstead alias remove info@example.org --yes', 'mailstead alias remove team@example.org carl@elsewhere.example'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    const [alias = '', ...targets] = args.positional
    if (targets.length > 0) return takeOut(shell, accounts, alias, targets)
    if (!(await shell.agreed(`Remove the alias ${alias}?`))) return 1
    await accounts.removeAlias(alias)
    shell.result({ removed: alias }, `Alias ${alias} removed`)
    return 0
  },
}

async function takeOut(shell: Shell, accounts: Accounts, alias: string, targets: readonly string[]): Promise<number> {
  const group = await groupAt(accounts, alias)
  if (group === undefined) throw new UsageError(`${alias} is no group`)
  const gone = new Set(targets.map((target) => addressOf(parseAddress(target) ?? { localPart: target, domain: '' }).toLowerCase()))
  const left = group.targets.filter((target) => !gone.has(target.toLowerCase()))
  if (left.length === 0) throw new UsageError(`${alias}: nobody would be left in it; \`alias remove ${alias}\` takes it away`)
  if (left.length > group.targets.length - gone.size) throw new UsageError(`${alias}: not all of them are in it`)
  const put = await accounts.putGroup(alias, left, group.told)
  shell.result({ alias, targets: put.targets, told: put.told }, `Mail for ${alias} goes to ${put.targets.join(', ')}`)
  return 0
}

export const aliasCommands = [aliasAdd, aliasMoved, aliasList, aliasRemove]
