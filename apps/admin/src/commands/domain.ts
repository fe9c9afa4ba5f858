import type { CliCommand } from '../command.ts'
import { columns } from '../format.ts'

const domainAdd: CliCommand = {
  name: 'domain add',
  summary: 'Takes mail for a domain',
  arguments: ['DOMAIN'],
  details:
    'The first domain added is the default one: its users may log in by the part before the @ alone. Keys to sign its mail (DKIM) are made, and the DNS ' +
    'records for them are printed; `dkim show` prints them again.',
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
    const domains = await accounts.listDomains()
    const rows = domains.map(({ name, accounts: number, isDefault }) => [name, `${number}`, isDefault ? 'default' : ''])
    shell.result(domains, domains.length === 0 ? 'There is no domain yet' : columns(['DOMAIN', 'ACCOUNTS', ''], rows))
  },
}

const domainRemove: CliCommand = {
  name: 'domain remove',
  summary: 'Takes no more mail for a domain, which must have no accounts and aliases',
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

export const domainCommands = [domainAdd, domainList, domainRemove]
