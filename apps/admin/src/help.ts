import { COMMON_OPTIONS, type CliCommand, type CommandGroup, type OptionSpec } from './command.ts'

/** `mailstead help`: all commands by group. */
export function overview(groups: readonly CommandGroup[]): string {
  const width = Math.max(...groups.flatMap(({ commands }) => commands.map(({ name }) => name.length)))
  const parts = groups.map(({ title, commands }) => {
    const rows = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
    return `${title}\n${rows.join('\n')}`
  })
  return [
    'usage: mailstead COMMAND [ARGUMENTS] [OPTIONS]',
    ...parts,
    `Every command takes\n${optionRows(COMMON_OPTIONS)}`,
    'mailstead COMMAND --help says more and gives examples. Exit codes: 0 done, 1 failed, 2 wrong usage.',
  ].join('\n\n')
}

/** `mailstead account add --help` */
export function commandHelp(command: CliCommand): string {
  const { summary, options, details, examples } = command
  const parts = [`usage: ${usage(command)}`, `${summary}.`]
  if (details !== undefined) parts.push(details)
  if (options !== undefined && Object.keys(options).length > 0) parts.push(`Options\n${optionRows(options)}`)
  parts.push(`Every command takes\n${optionRows(COMMON_OPTIONS)}`)
  parts.push(`Examples\n${examples.map((example) => `  ${example}`).join('\n')}`)
  return parts.join('\n\n')
}

/** `mailstead account add ADDRESS [--quota SIZE] [--password-stdin]` */
export function usage({ name, arguments: names = [], options = {} }: CliCommand): string {
  const flags = Object.entries(options).map(([option, { value }]) => `[--${option}${value === undefined ? '' : ` ${value}`}]`)
  return ['mailstead', name, ...names, ...flags].join(' ')
}

function optionRows(options: Readonly<Record<string, OptionSpec>>): string {
  const rows = Object.entries(options).map(
    ([name, { value, text }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, text] as const,
  )
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, text]) => `  ${left.padEnd(width)}  ${text}`).join('\n')
}
