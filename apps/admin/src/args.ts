import { parseArgs } from 'node:util'
import { nearest } from '@mailstead/config'
import type { Arguments } from './arguments.ts'
import { COMMON_OPTIONS, type CliCommand } from './command.ts'
import { UsageError } from './errors.ts'

export interface Match {
  readonly command: CliCommand
  /** What follows the command's name. */
  readonly rest: readonly string[]
}

/**
 * Finds the command whose name begins the command line; options may stand before and between its words. Throws
 * `UsageError` with the nearest name when there is none.
 */
export function findCommand(commands: readonly CliCommand[], argv: readonly string[]): Match {
  const words = wordsOf(argv)
  const match = commands
    .filter(({ name }) => name.split(' ').every((word, index) => words[index]?.text === word))
    .sort((a, b) => b.name.length - a.name.length)[0]
  if (match !== undefined) {
    const used = new Set(words.slice(0, match.name.split(' ').length).map(({ index }) => index))
    return { command: match, rest: argv.filter((_, index) => !used.has(index)) }
  }
  throw new UsageError(
    unknown(
      commands,
      words.map(({ text }) => text),
    ),
  )
}

/** Arguments that are neither an option nor the value of a common one. */
function wordsOf(argv: readonly string[]): { text: string; index: number }[] {
  const words: { text: string; index: number }[] = []
  for (let index = 0; index < argv.length; index++) {
    const text = argv[index] ?? ''
    if (text === '--') break
    if (!text.startsWith('-')) words.push({ text, index })
    else if (COMMON_OPTIONS[text.slice(2)]?.value !== undefined) index++
  }
  return words
}

function unknown(commands: readonly CliCommand[], words: readonly string[]): string {
  const [first = '', second] = words
  const group = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name)
  if (group.length > 0) {
    const which = `one of ${group.map((name) => name.slice(first.length + 1)).join(', ')}`
    return second === undefined ? `${first}: ${which} is needed` : `${first} ${second}: there is no such command; it is ${which}`
  }
  const near =
    nearest(
      words.slice(0, 2).join(' '),
      commands.map(({ name }) => name),
    ) ??
    nearest(
      first,
      commands.map(({ name }) => name.split(' ')[0] ?? ''),
    )
  return `${first}: there is no such command${near === undefined ? '' : `; is "${near}" meant?`}`
}

/** Throws `UsageError` on unknown options and on too few or too many arguments. */
export function parseArguments(command: CliCommand, rest: readonly string[]): Arguments {
  const specs = { ...command.options, ...COMMON_OPTIONS }
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { value }]) => [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }]),
  )
  const { values, positionals } = parse(command, rest, options)
  if (values['help'] !== true) checkCount(command, positionals)
  return {
    positional: positionals,
    at: (index) => positionals[index] ?? '',
    text: (option) => {
      const value = values[option]
      return typeof value === 'string' ? value : undefined
    },
    flag: (option) => values[option] === true,
  }
}

type ParsedValues = Readonly<Record<string, string | boolean | undefined>>

function parse(
  command: CliCommand,
  rest: readonly string[],
  options: Record<string, { type: 'boolean' | 'string' }>,
): { values: ParsedValues; positionals: string[] } {
  try {
    return parseArgs({ args: [...rest], options, allowPositionals: true, strict: true }) as { values: ParsedValues; positionals: string[] }
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code?.startsWith('ERR_PARSE_ARGS') !== true) throw error
    const name = /'(--?[^'\s]+)[^']*'/.exec(message)?.[1]
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && name !== undefined) {
      const near = nearest(name.replace(/^-+/, ''), Object.keys(options))
      throw new UsageError(`${command.name}: there is no option ${name}${near === undefined ? '' : `; is --${near} meant?`}`)
    }
    throw new UsageError(`${command.name}: ${message.split('.')[0] ?? message}`)
  }
}

function checkCount({ name, arguments: names = [] }: CliCommand, given: readonly string[]): void {
  const missing = names[given.length]
  if (missing !== undefined && !missing.startsWith('[')) throw new UsageError(`${name}: ${missing.replace('...', '')} is missing`)
  const several = names.at(-1)?.includes('...') === true
  const extra = given[names.length]
  if (!several && extra !== undefined) throw new UsageError(`${name}: what is ${JSON.stringify(extra)} for?`)
}

/** A whole number of an option from `min` to `max`; undefined when it was not given. */
export function wholeNumber(args: Arguments, option: string, min: number, max: number): number | undefined {
  const text = args.text(option)
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new UsageError(`--${option}: ${JSON.stringify(text)} is not a number from ${min} to ${max}`)
  return value
}

/** The value of an option that knows only some; undefined when it was not given. */
export function oneOf(args: Arguments, option: string, values: readonly string[]): string | undefined {
  const text = args.text(option)
  if (text !== undefined && !values.includes(text))
    throw new UsageError(`--${option}: ${JSON.stringify(text)} is none of ${values.join(', ')}`)
  return text
}
