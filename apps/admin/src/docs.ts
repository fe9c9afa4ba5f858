import { COMMON_OPTIONS, type CliCommand, type OptionSpec } from './command.ts'
import { usage } from './help.ts'
import { groups } from './table.ts'

const HEAD = `# The command line

<!-- Written by scripts/docs.ts from apps/admin/src/commands. Do not edit. -->

\`npx mailstead COMMAND\` in the folder of Mailstead, or \`mailstead COMMAND\` where it is installed. The commands work the
same whether the server runs or not: they reach a running one through its control socket, and open the data of a stopped
one themselves. Passwords are read from the terminal or from standard input, never from the arguments, which every user
of the machine can see.

Exit codes: 0 done, 1 failed, 2 wrong usage. With \`--json\` the result is JSON on standard output, and an error is
\`{"error": {"code": …, "message": …}}\` on standard error.

Every command takes:
`

/** The text of docs/admin.md. */
export function adminDocs(): string {
  const parts = groups.map(({ title, commands }) => `## ${title}\n\n${commands.map(section).join('\n')}`)
  return `${HEAD}\n${optionTable(COMMON_OPTIONS)}\n${parts.join('\n')}`
}

function section(command: CliCommand): string {
  const { name, summary, details, options = {}, examples } = command
  const parts = [`### ${name}\n`, `    ${usage(command)}\n`, `${summary}.\n`]
  if (details !== undefined) parts.push(`${details}\n`)
  if (Object.keys(options).length > 0) parts.push(optionTable(options))
  parts.push(`${examples.length === 1 ? 'Example' : 'Examples'}:\n`, `${examples.map((example) => `    ${example}`).join('\n')}\n`)
  return parts.join('\n')
}

function optionTable(options: Readonly<Record<string, OptionSpec>>): string {
  const rows = Object.entries(options).map(
    ([name, { value, text }]) => `| \`--${name}${value === undefined ? '' : ` ${value}`}\` | ${text} |`,
  )
  return `| option | meaning |\n| --- | --- |\n${rows.join('\n')}\n`
}
