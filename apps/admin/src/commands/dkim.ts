import type { KeyFacts, KeyState } from '@mailstead/accounts'
import type { CliCommand } from '../command.ts'
import { columns, when } from '../format.ts'

const dkimShow: CliCommand = {
  name: 'dkim show',
  summary: 'Shows the keys that mail of a domain is signed with, and the DNS records to publish for them',
  arguments: ['DOMAIN'],
  details:
    'A key is waiting (its record is to be published, it signs later), signing, or retired (it signs no more, but mail that it has signed is ' +
    'still under way, so its record has to stay). Records are printed as a zone file has them; where your DNS provider has a form instead, ' +
    'join the quoted strings without anything between them.',
  examples: ['mailstead dkim show example.org', 'mailstead dkim show example.org --json'],

  async run(shell, args) {
    const { keys } = await shell.admin()
    const domain = args.at(0)
    const found = await keys.show(domain)
    shell.result(found, found.length === 0 ? `${domain} has no keys yet: a running server makes them` : keyReport(found))
  },
}

const dkimRotate: CliCommand = {
  name: 'dkim rotate',
  summary: 'Gives a domain new keys, which replace the old ones in two days',
  arguments: ['DOMAIN'],
  options: { now: { text: 'the new keys sign at once: those that wait already, where there are some' } },
  details:
    'Publish the records of the new keys within the two days. The old ones sign until then, and go on as long as the server does not find the new records; ' +
    'their own records have to stay for seven days more. With --now the old keys sign nothing from this moment on: for keys that somebody ' +
    'else may have got hold of, whose records you should then remove.',
  examples: ['mailstead dkim rotate example.org', 'mailstead dkim rotate example.org --now'],

  async run(shell, args) {
    const { keys } = await shell.admin()
    const found = await keys.rotate(args.at(0), args.flag('now'))
    shell.result(found, keyReport(found))
  },
}

export const dkimCommands = [dkimShow, dkimRotate]

function keyReport(keys: readonly KeyFacts[]): string {
  const rows = keys.map((key) => [key.selector, key.algorithm, key.state, TIMES[key.state](key)])
  const records = keys.map(({ record }) => record.line).join('\n')
  return `${columns(['SELECTOR', 'ALGORITHM', 'STATE', ''], rows)}\n\nTo be published in DNS:\n\n${records}`
}

const TIMES: Readonly<Record<KeyState, (key: KeyFacts) => string>> = {
  waiting: ({ signsFrom }) => `signs from ${when(signsFrom)}`,
  signing: ({ signsFrom, retiresAt }) => `since ${when(signsFrom)}${retiresAt === undefined ? '' : ` until ${when(retiresAt)}`}`,
  retired: ({ neededUntil }) => `its record is needed until ${when(neededUntil)}`,
  over: () => 'its record is needed no more',
}
