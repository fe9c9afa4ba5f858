import type { CliCommand } from '../command.ts'
import { UsageError } from '../errors.ts'
import { columns } from '../format.ts'

export const accountCapability: CliCommand = {
  name: 'account capability',
  summary: 'Shows which IMAP capabilities an account is offered, and switches them',
  arguments: ['ADDRESS'],
  options: {
    off: { value: 'NAMES', text: 'no longer offered, for a mail program that stumbles over them: names with commas between' },
    on: { value: 'NAMES', text: 'offered again' },
  },
  details:
    'What is switched off is neither announced nor understood after login; what needs it goes with it, as QRESYNC with CONDSTORE. A change ends the sessions of the account. docs/imap-extensions.md has all names.',
  examples: [
    'mailstead account capability ann@example.org',
    'mailstead account capability ann@example.org --off CONDSTORE,SORT=DISPLAY',
    'mailstead account capability ann@example.org --on CONDSTORE',
  ],

  async run(shell, args) {
    const change = { off: names(args.text('off'), '--off'), on: names(args.text('on'), '--on') }
    const { capabilities } = await shell.admin()
    const asked = change.off.length + change.on.length > 0
    const states = asked ? await capabilities.change(args.at(0), change) : await capabilities.show(args.at(0))
    const rows = states.map(({ capability, state, lacks }) => [capability, state === 'lacking' ? `off: needs ${lacks.join(', ')}` : state])
    const listed = asked ? rows.filter(([, state]) => state !== 'on') : rows
    const text = listed.length === 0 ? `${args.at(0)} is offered everything` : columns(['CAPABILITY', ''], listed)
    shell.result({ account: args.at(0), capabilities: states }, text)
  },
}

function names(text: string | undefined, option: string): string[] {
  if (text === undefined) return []
  const all = text.split(',').map((name) => name.trim().toUpperCase())
  if (all.includes('')) throw new UsageError(`${option}: names of capabilities with commas between are needed`)
  return [...new Set(all)]
}
