import { EXTENSIONS } from './extensions.ts'

/** The text of docs/smtp-extensions.md, from the table that EHLO's answer comes from. */
export function smtpExtensionDocs(): string {
  const rows = EXTENSIONS.map(({ keyword, rfc, summary, where }) => [
    `\`${keyword}\``,
    rfc === undefined ? '[Postfix](https://www.postfix.org/XCLIENT_README.html)' : `[RFC ${rfc}](https://www.rfc-editor.org/rfc/rfc${rfc})`,
    summary,
    where,
  ])
  const header = ['Keyword', 'Defined in', 'What it does', 'Announced']
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [
    '# SMTP extensions',
    '',
    'SMTP ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)) on port 25, message submission ([RFC 6409](https://www.rfc-editor.org/rfc/rfc6409)) on ports 587 and 465, LMTP ([RFC 2033](https://www.rfc-editor.org/rfc/rfc2033)) where it is configured, and these extensions.',
    'Printed from the table in `packages/smtp/src/extensions.ts` by `node scripts/docs.ts`.',
    '',
    line(header),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
    '',
  ].join('\n')
}
