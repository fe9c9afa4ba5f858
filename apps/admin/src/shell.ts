import { resolve } from 'node:path'
import type { ReadStream, WriteStream } from 'node:tty'
import { loadConfig, type LoadOptions, type Loaded, type Overrides } from '@mailstead/config'
import { ControlError, connectControl } from '@mailstead/control'
import type { AdminContext } from '@mailstead/server'
import type { Arguments } from './arguments.ts'
import { UsageError } from './errors.ts'
import { promptSecret, promptYes, readSecret } from './prompt.ts'

/** The streams and variables of the process, so that tests can bring their own. */
export interface Surroundings {
  readonly stdin: NodeJS.ReadableStream & AsyncIterable<Buffer | string>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What a command may use of the world. */
export class Shell {
  readonly json: boolean
  readonly #args: Arguments
  readonly #around: Surroundings
  #admin: Promise<AdminContext> | undefined

  constructor(args: Arguments, around: Surroundings) {
    this.json = args.flag('json')
    this.#args = args
    this.#around = around
  }

  get stdin(): Surroundings['stdin'] {
    return this.#around.stdin
  }

  /** The configuration by `--config`, `--data`, the environment and `overrides`; `defaults` stand in for the schema's. Throws `ConfigError`. */
  config(overrides: Overrides = {}, defaults: LoadOptions['defaults'] = {}): Loaded {
    const data = this.#args.text('data')
    if (data === '') throw new UsageError('--data: a folder is needed')
    return loadConfig({
      file: this.#args.text('config'),
      environment: this.#around.environment,
      defaults,
      overrides: { ...overrides, ...(data === undefined ? {} : { data_dir: { value: data, option: '--data' } }) },
    })
  }

  /**
   * The running server's administration, or that of the stopped store. Opened once, closed at the end. `create`
   * begins a new data folder when there is none.
   */
  async admin({ create = false } = {}): Promise<AdminContext> {
    this.#admin ??= this.#openAdmin(create)
    return this.#admin
  }

  /** Whether a server answers on the data folder. */
  async serverRuns(): Promise<boolean> {
    try {
      const client = await connectControl(resolve(this.config().config.data_dir))
      client.close()
      return true
    } catch (error) {
      if (error instanceof ControlError && error.code === 'not-running') return false
      throw error
    }
  }

  /** A line for people; nothing with `--json`. */
  say(text: string): void {
    if (!this.json) this.#around.stdout.write(`${text}\n`)
  }

  /** A line on standard error, with `--json` too. */
  note(text: string): void {
    this.#around.stderr.write(`${text}\n`)
  }

  /** The outcome: `value` with `--json`, else `text`. */
  result(value: unknown, text: string): void {
    this.#around.stdout.write(this.json ? `${JSON.stringify(value, undefined, 2)}\n` : `${text}\n`)
  }

  /** From standard input with `--password-stdin`, else asked for on the terminal. */
  async readPassword(address: string): Promise<string> {
    if (this.#args.flag('password-stdin')) return readSecret(this.stdin)
    const terminal = this.#terminal()
    if (terminal === undefined) throw new UsageError('the password is needed: give it on standard input with --password-stdin')
    return promptSecret(`Password for ${address}: `, ...terminal)
  }

  /** `--yes` agrees beforehand. Without a terminal to ask on it is a usage error, so that no script removes by accident. */
  async agreed(question: string): Promise<boolean> {
    if (this.#args.flag('yes')) return true
    const terminal = this.#terminal()
    if (terminal === undefined) throw new UsageError(`${question} Say so with --yes`)
    return promptYes(question, ...terminal)
  }

  async close(): Promise<void> {
    const admin = await this.#admin?.catch(() => undefined)
    await admin?.close()
  }

  async #openAdmin(create: boolean): Promise<AdminContext> {
    // Loaded only now: most of what it brings is a whole mail server, and help needs none.
    const { openAdmin } = await import('@mailstead/server')
    return openAdmin(this.config().config, { create })
  }

  #terminal(): [ReadStream, WriteStream] | undefined {
    const input = this.stdin as Partial<ReadStream>
    const output = this.#around.stderr as Partial<WriteStream>
    return input.isTTY === true && output.isTTY === true ? [input as ReadStream, output as WriteStream] : undefined
  }
}
