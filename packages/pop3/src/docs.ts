import { CAPABILITIES } from './capabilities.ts'

/** The text of docs/pop3-extensions.md, from the table that CAPA's answer comes from. */
export function pop3ExtensionDocs(): string {
  const rows = CAPABILITIES.map(({ tag, rfc, summary, where }) => [
    `\`${tag}\``,
    `[RFC ${rfc}](https://www.rfc-editor.org/rfc/rfc${rfc})`,
    summary,
    where,
  ])
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    '# POP3 extensions',
    '',
    'POP3 ([RFC 1939](https://www.rfc-editor.org/rfc/rfc1939)) on ports 110 and 995, APOP where `pop3.apop` is on ([authentication.md](authentication.md)), and what CAPA announces.',
    'Printed from the table in `packages/pop3/src/capabilities.ts` by `node scripts/docs.ts`.',
    '',
    line(['Capability', 'Defined in', 'What it does', 'Announced']),
    line(['---', '---', '---', '---']),
    ...rows.map(line),
    '',
  ].join('\n')
}
