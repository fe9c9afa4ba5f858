import { addressOf } from '../account-format.ts'
import type { CliCommand } from '../command.ts'
import { UsageError } from '../errors.ts'
import { columns } from '../format.ts'

const domainAdd: CliCommand = {
  name: 'domain add',
  summary: 'Takes mail for a domain',
  arguments: ['DOMAIN'],
  details:
    'The first domain added is the default one: its users may log in by the part before the @ alone. Keys to sign its mail (DKIM) are made, and the DNS ' +
    'records for them are printed; `domain records` prints them again, with all others.',
  examples: ['mailstead domain add example.org', 'mailstead domain add bücher.example'],

  async run(shell, args) {
    const { accounts, keys } = await shell.admin({ create: true })
    const domain = await accounts.addDomain(args.at(0))
    const made = await keys.show(domain.name)
    shell.result(
      { ...domain, keys: made },
      `Domain ${domain.name} added${domain.isDefault ? ', the default one' : ''}\n\nTo be published in DNS, before mail leaves:\n\n${made.map(({ record }) => record.line).join('\n')}`,
    )
  },
}

const domainList: CliCommand = {
  name: 'domain list',
  summary: 'Lists the domains that mail is taken for',
  examples: ['mailstead domain list', 'mailstead domain list --json'],

  async run(shell) {
    const { accounts } = await shell.admin()
    const owners = new Map((await accounts.list()).map((account) => [account.id, addressOf(account)]))
    const domains = (await accounts.listDomains()).map(({ catchAll, ...domain }) => ({
      ...domain,
      catchAll: catchAll === undefined ? null : (owners.get(catchAll) ?? null),
    }))
    const rows = domains.map(({ name, accounts: number, catchAll, isDefault }) => [
      name,
      `${number}`,
      catchAll ?? '',
      isDefault ? 'default' : '',
    ])
    shell.result(domains, domains.length === 0 ? 'There is no domain yet' : columns(['DOMAIN', 'ACCOUNTS', 'CATCH-ALL', ''], rows))
  },
}

const domainCatchAll: CliCommand = {
  name: 'domain catch-all',
  summary: 'Gives an account all mail for addresses of a domain that nobody has, or gives it to nobody again',
  arguments: ['DOMAIN', '[ACCOUNT]'],
  options: { none: { text: 'mail for such addresses is refused again' } },
  details:
    'The account may send as these addresses too, but for those of duties, as postmaster and abuse. Mail for every guessed address arrives then, so spam does: a few aliases are better where they do.',
  examples: ['mailstead domain catch-all example.org ann@example.org', 'mailstead domain catch-all example.org --none'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    const [domain, account] = [args.at(0), args.at(1)]
    if ((account === '') !== args.flag('none')) throw new UsageError('domain catch-all: either ACCOUNT or --none is needed')
    await accounts.setCatchAll(domain, account === '' ? undefined : account)
    const done =
      account === ''
        ? `Mail for addresses of ${domain} that nobody has is refused`
        : `${account} gets all mail for addresses of ${domain} that nobody has`
    shell.result({ domain, catchAll: account === '' ? null : account }, done)
  },
}

const domainRemove: CliCommand = {
  name: 'domain remove',
  summary: 'Takes no more mail for a domain, which must have no accounts, aliases and moved addresses',
  arguments: ['DOMAIN'],
  options: { yes: { text: 'does not ask' } },
  examples: ['mailstead domain remove example.org', 'mailstead domain remove example.org --yes'],

  async run(shell, args) {
    const { accounts } = await shell.admin()
    const name = args.at(0)
    if (!(await shell.agreed(`Remove the domain ${name}?`))) return 1
    await accounts.removeDomain(name)
    shell.result({ removed: name }, `Domain ${name} removed`)
    return 0
  },
}

const domainRecords: CliCommand = {
  name: 'domain records',
  summary: 'Prints the DNS records of a domain: mail, signatures, policies, reports, services',
  arguments: ['DOMAIN'],
  details:
    'They follow from the configuration of this server, and from its keys; nobody looks whether they are published. As a zone file has them; where your DNS provider has a form ' +
    'instead, join quoted strings without anything between them.',
  examples: ['mailstead domain records example.org', 'mailstead domain records example.org --json'],

  async run(shell, args) {
    const { records } = await shell.admin()
    const found = await records.of(args.at(0))
    const lines = found.flatMap(({ purpose, line }, at) => [...(purpose === found[at - 1]?.purpose ? [] : [`; ${purpose}`]), line])
    shell.result(found, lines.join('\n'))
  },
}

export const domainCommands = [domainAdd, domainRecords, domainList, domainCatchAll, domainRemove]
