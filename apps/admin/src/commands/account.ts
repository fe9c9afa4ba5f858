import { formatSize } from '@mailstead/base'
import { addressOf, parseCount, parseQuota, showForwarding, showLimits, showQuota, toJson } from '../account-format.ts'
import type { CliCommand, OptionSpec } from '../command.ts'
import { UsageError } from '../errors.ts'
import { columns, when } from '../format.ts'
import { accountApop } from './account-apop.ts'
import { accountCapability } from './account-capability.ts'
import { accountCheck } from './account-check.ts'
import { accountForward } from './account-forward.ts'
import { accountImport } from './account-import.ts'

const PASSWORD_STDIN: OptionSpec = { text: 'reads the password from standard input instead of asking for it' }
const YES: OptionSpec = { text: 'does not ask' }

const accountAdd: CliCommand = {
  name: 'account add',
  summary: 'Creates an account with its mailboxes',
  arguments: ['ADDRESS'],
  options: {
    quota: { value: 'SIZE', text: 'what it may hold: 512M, 2G, none; else `quota.default` of the configuration' },
    'password-stdin': PASSWORD_STDIN,
  },
  examples: [
    'mailstead account add ann@example.org --quota 2G',
    'printf \'%s\' "$PASSWORD" | mailstead account add ann@example.org --password-stdin',
  ],

  async run(shell, args) {
    const given = args.text('quota')
    const asked = given === undefined ? undefined : { quota: parseQuota(given) }
    const password = await shell.readPassword(args.at(0))
    const { accounts, server } = await shell.admin()
    const { quota } = asked ?? { quota: await server.defaultQuota() }
    const account = await accounts.add({ address: args.at(0), password, quota })
    shell.result(toJson(account), `Account ${addressOf(account)} created, ${showQuota(account.quota)}`)
  },
}

const accountList: CliCommand = {
  name: 'account list',
  summary: 'Lists all accounts',
  examples: ['mailstead account list', 'mailstead account list --json'],

  async run(shell) {
    const { accounts } = await shell.admin()
    const all = await accounts.list()
    const rows = all.map((account) => [
      addressOf(account),
      `${account.usedMessages}`,
      formatSize(account.usedOctets),
      showQuota(account.quota),
      when(account.lastLoginAt),
      account.enabled ? '' : 'disabled',
    ])
    shell.result(
      all.map(toJson),
      all.length === 0 ? 'There is no account yet' : columns(['ACCOUNT', 'MESSAGES', 'USED', 'QUOTA', 'LAST LOGIN', ''], rows),
    )
  },
}

const accountShow: CliCommand = {
  name: 'account show',
  summary: 'Shows one account with its aliases',
  arguments: ['ADDRESS'],
  examples: ['mailstead account show ann@example.org'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    const account = await accounts.show(args.at(0))
    const aliases = (await accounts.listAliases()).filter(({ target }) => target === account.id).map(addressOf)
    const rows = [
      ['account', addressOf(account)],
      ['state', account.enabled ? 'enabled' : 'disabled'],
      ['used', `${formatSize(account.usedOctets)} in ${account.usedMessages} messages`],
      ['quota', showLimits(account)],
      ['role', account.role],
      ['language', account.language ?? 'not chosen'],
      ['not offered', account.capabilitiesOff.length === 0 ? 'nothing' : account.capabilitiesOff.join(', ')],
      ['forwards to', account.forwarding === undefined ? 'nobody' : showForwarding(account.forwarding)],
      ['aliases', aliases.length === 0 ? 'none' : aliases.join(', ')],
      ['created', when(account.createdAt)],
      ['last login', when(account.lastLoginAt)],
    ]
    shell.result({ ...toJson(account), aliases }, columns(['', ''], rows).trimStart())
  },
}

const accountPasswd: CliCommand = {
  name: 'account passwd',
  summary: 'Sets a new password; sessions with the old one end',
  arguments: ['ADDRESS'],
  options: { 'password-stdin': PASSWORD_STDIN },
  examples: ['mailstead account passwd ann@example.org'],

  async run(shell, args) {
    const password = await shell.readPassword(args.at(0))
    const { accounts } = await shell.admin()
    await accounts.setPassword(args.at(0), password)
    shell.result({ account: args.at(0), changed: 'password' }, `${args.at(0)} has a new password`)
  },
}

function enabling(name: 'enable' | 'disable', summary: string): CliCommand {
  return {
    name: `account ${name}`,
    summary,
    arguments: ['ADDRESS'],
    examples: [`mailstead account ${name} ann@example.org`],

    async run(shell, args) {
      const { accounts } = await shell.admin()
      await accounts.setEnabled(args.at(0), name === 'enable')
      shell.result({ account: args.at(0), enabled: name === 'enable' }, `${args.at(0)} is ${name}d`)
    },
  }
}

const accountQuota: CliCommand = {
  name: 'account quota',
  summary: 'Sets what an account may hold',
  arguments: ['ADDRESS', '[SIZE]'],
  options: { messages: { value: 'NUMBER', text: 'how many messages at most, or none' } },
  examples: [
    'mailstead account quota ann@example.org 5G',
    'mailstead account quota ann@example.org none',
    'mailstead account quota ann@example.org --messages 100000',
  ],

  async run(shell, args) {
    const [, size] = args.positional
    const count = args.text('messages')
    if (size === undefined && count === undefined) throw new UsageError('a SIZE or --messages is needed')
    const quota = size === undefined ? undefined : parseQuota(size)
    const messages = count === undefined ? undefined : parseCount(count)
    const { accounts } = await shell.admin()
    if (size !== undefined) await accounts.setQuota(args.at(0), quota)
    if (count !== undefined) await accounts.setMessageQuota(args.at(0), messages)
    const account = await accounts.show(args.at(0))
    shell.result(
      { account: args.at(0), quota: account.quota ?? null, messageQuota: account.messageQuota ?? null },
      `${args.at(0)} may hold: ${showLimits(account)}`,
    )
  },
}

const accountRole: CliCommand = {
  name: 'account role',
  summary: 'Makes an account an administrator, or a user again',
  arguments: ['ADDRESS', 'admin|user'],
  details: 'An administrator may set the quotas of all accounts with a mail program that can do it (IMAP SETQUOTA); nothing else.',
  examples: ['mailstead account role ann@example.org admin'],

  async run(shell, args) {
    const role = args.at(1)
    if (role !== 'admin' && role !== 'user') throw new UsageError(`${JSON.stringify(role)} is neither admin nor user`)
    const { accounts } = await shell.admin()
    await accounts.setRole(args.at(0), role)
    shell.result({ account: args.at(0), role }, `${args.at(0)} is ${role === 'admin' ? 'an administrator' : 'a user'}`)
  },
}

const accountLanguage: CliCommand = {
  name: 'account language',
  summary: 'Chooses the language that the server writes to an account in',
  arguments: ['ADDRESS', 'en|ru|none'],
  details: 'Delivery reports are English where nothing is chosen.',
  examples: ['mailstead account language ann@example.org ru'],

  async run(shell, args) {
    const language = args.at(1)
    if (language !== 'en' && language !== 'ru' && language !== 'none')
      throw new UsageError(`${JSON.stringify(language)} is none of en, ru and none`)
    const { accounts } = await shell.admin()
    await accounts.setLanguage(args.at(0), language === 'none' ? undefined : language)
    shell.result(
      { account: args.at(0), language: language === 'none' ? null : language },
      `${args.at(0)} is written to in ${language === 'ru' ? 'Russian' : 'English'}`,
    )
  },
}

const accountRemove: CliCommand = {
  name: 'account remove',
  summary: 'Removes an account with all its mail and aliases, for good',
  arguments: ['ADDRESS'],
  options: { yes: YES },
  examples: ['mailstead account remove ann@example.org', 'mailstead account remove ann@example.org --yes'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    const account = await accounts.show(args.at(0))
    if (!(await shell.agreed(`Remove ${addressOf(account)} with ${account.usedMessages} messages?`))) return 1
    await accounts.remove(args.at(0))
    shell.result({ removed: addressOf(account) }, `Account ${addressOf(account)} removed`)
    return 0
  },
}

export const accountCommands: readonly CliCommand[] = [
  accountAdd,
  accountImport,
  accountList,
  accountShow,
  accountCheck,
  accountPasswd,
  enabling('disable', 'Closes an account: it cannot log in and takes no mail, what it has stays'),
  enabling('enable', 'Opens a closed account again'),
  accountQuota,
  accountForward,
  accountRole,
  accountLanguage,
  accountCapability,
  accountApop,
  accountRemove,
]
