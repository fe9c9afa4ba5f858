import type { Arguments } from './arguments.ts'
import type { Shell } from './shell.ts'

/** An option of a command. Without `value` it is a switch. */
export interface OptionSpec {
  /** What stands for the value in help: `SIZE`. */
  readonly value?: string
  readonly text: string
}

/** One row of the table: dispatch, help and docs/admin.md all come from it. */
export interface CliCommand {
  /** `account add` */
  readonly name: string
  /** One line, begins with a verb in the third person. */
  readonly summary: string
  /** `ADDRESS`; `[ACCOUNT]` may be left out; of `TARGET...`, the last, there may be several. */
  readonly arguments?: readonly string[]
  readonly options?: Readonly<Record<string, OptionSpec>>
  /** What the summary has no room for. */
  readonly details?: string
  /** Whole command lines. */
  readonly examples: readonly string[]
  /** The exit code; nothing means 0. Throws `UsageError` (2) or any other error (1). */
  run(shell: Shell, args: Arguments): Promise<number | void>
}

/** The commands of one group in one file: `account …`. */
export interface CommandGroup {
  readonly title: string
  readonly commands: readonly CliCommand[]
}

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  data: { value: 'DIR', text: 'the data folder (else MAILSTEAD_DATA, else ./data)' },
  config: { value: 'FILE', text: 'the configuration file (else MAILSTEAD_CONFIG, else mailstead.toml in the data folder)' },
  json: { text: 'prints JSON for machines' },
  help: { text: 'prints this help' },
}
