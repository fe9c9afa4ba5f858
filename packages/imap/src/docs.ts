import type { Extension, StateRule, TableEntry } from './command.ts'
import { fullRegistry } from './registry.ts'
import type { Sync } from './telling.ts'

const WHEN = { always: 'always', 'before-login': 'before login', 'after-login': 'after login' } as const
const STATE = {
  any: 'any',
  'not-authenticated': 'before login',
  authenticated: 'after login',
  selected: 'mailbox selected',
} as const satisfies Record<StateRule, string>
const TOLD = {
  nothing: 'nothing',
  'no-expunge': 'flags and arrivals',
  everything: 'flags, expunges and arrivals',
} as const satisfies Record<Sync, string>

/** The text of docs/imap-extensions.md, from the table that CAPABILITY and the commands come from. */
export function extensionDocs(): string {
  const { base, extensions } = fullRegistry()
  const commands = [
    ...base.map((entry) => [entry, rfcLink(3501)] as const),
    ...extensions.flatMap((extension) => (extension.commands ?? []).map((entry) => [entry, code(extension.capability)] as const)),
  ]
  return [
    '# IMAP extensions',
    '',
    `IMAP4rev1 (${rfcLink(3501)}) and IMAP4rev2 (${rfcLink(9051)}) with all their commands, STARTTLS, the logins of [authentication.md](authentication.md), and these extensions.`,
    'Any of them that is announced after login can be switched off for an account: [`mailstead account capability`](admin.md#account-capability).',
    'Printed from the table in `packages/imap/src/registry.ts` by `node scripts/docs.ts`.',
    '',
    ...table(['Capability', 'Defined in', 'What it does', 'Adds', 'Announced'], extensions.map(extensionRow)),
    '',
    '## Commands',
    '',
    'What other sessions did is told before the reply as far as the command allows it (RFC 3501 section 7.4.1).',
    '',
    ...table(
      ['Command', 'State', 'Part of', 'Tells'],
      commands.map(([entry, part]) => commandRow(entry, part)),
    ),
    '',
  ].join('\n')
}

function extensionRow(extension: Extension): string[] {
  const { capability, rfc, summary, needs = [], announced = 'after-login' } = extension
  const text = needs.length === 0 ? summary : `${summary}. Needs ${needs.map(code).join(' and ')}`
  return [code(capability), typeof rfc === 'number' ? rfcLink(rfc) : rfc, text, additions(extension), WHEN[announced]]
}

/** Commands, and what existing commands can be asked for besides. */
function additions({
  commands = [],
  statusItems = [],
  fetchItems = [],
  fetchModifiers = [],
  storeModifiers = [],
  selectParameters = [],
  searchKeys = [],
  searchReturns = [],
  sortKeys = [],
  threadKinds = [],
  listSelections = [],
  listReturns = [],
}: Extension): string {
  const rows: [owner: string, names: readonly { readonly name: string }[]][] = [
    ['', commands],
    ['STATUS', statusItems],
    ['FETCH', fetchItems],
    ['FETCH modifier', fetchModifiers],
    ['STORE modifier', storeModifiers],
    ['SELECT', selectParameters],
    ['SEARCH', searchKeys],
    ['SEARCH RETURN', searchReturns],
    ['SORT by', sortKeys],
    ['THREAD by', threadKinds],
    ['LIST', listSelections],
    ['LIST … RETURN', listReturns],
  ]
  const texts = rows.map(([owner, names]) => [owner, ...names.map(({ name }) => code(name))].filter((text) => text !== ''))
  return texts
    .filter((text, index) => text.length > (index === 0 ? 0 : 1))
    .map((text) => text.join(' '))
    .join(', ')
}

function commandRow({ name, state, sync }: TableEntry, part: string): string[] {
  return [code(name), STATE[state], part, TOLD[sync]]
}

function code(text: string): string {
  return `\`${text}\``
}

function rfcLink(rfc: number): string {
  return `[RFC ${rfc}](https://www.rfc-editor.org/rfc/rfc${rfc})`
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)]
}
