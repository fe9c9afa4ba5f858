import { fullRegistry } from './registry.ts'

const WHEN = { always: '', 'before-login': 'before login', 'after-login': 'after login' } as const

/** The text of docs/imap-extensions.md, from the table that CAPABILITY comes from. */
export function extensionDocs(): string {
  const rows = fullRegistry().extensions.map(({ capability, rfc, summary, commands = [], announced = 'after-login' }) => [
    `\`${capability}\``,
    typeof rfc === 'number' ? `[RFC ${rfc}](https://www.rfc-editor.org/rfc/rfc${rfc})` : rfc,
    summary,
    commands.map(({ name }) => `\`${name}\``).join(', '),
    WHEN[announced],
  ])
  const header = ['Capability', 'Defined in', 'What it does', 'Commands', 'Announced']
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [
    '# IMAP extensions',
    '',
    'IMAP4rev1 ([RFC 3501](https://www.rfc-editor.org/rfc/rfc3501)) with all its commands, STARTTLS, `AUTH=PLAIN` and `AUTH=LOGIN`, and these extensions.',
    'Printed from the table in `packages/imap/src/registry.ts` by `node scripts/docs.ts`.',
    '',
    line(header),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
    '',
  ].join('\n')
}
