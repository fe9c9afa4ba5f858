import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { TranscriptClient, type Received } from './client.ts'
import { parseTranscript, type ExpectedLine, type Step } from './parse.ts'
import { fill, matches, toOctets, type PatternOptions } from './pattern.ts'

export interface PlayOptions {
  /** Opens client `n`, at its first line (`C:` and `S:` are client 1). For implicit TLS: a TLSSocket after its handshake. */
  readonly connect: (n: number) => Socket | Promise<Socket>
  /** Known before the first line. */
  readonly variables?: Readonly<Record<string, string>>
  /** Trust and name for `C: <starttls>`. */
  readonly startTls?: ConnectionOptions
  /** What `! name argument` calls; the play waits for it. */
  readonly actions?: Readonly<Record<string, (argument: string) => unknown>>
  /** Written by a server's wire tap: braces count only as `{*}` and around given variables. */
  readonly recorded?: boolean
  /** How long one expected line may take. Milliseconds, 10,000 when absent. */
  readonly timeoutMs?: number
}

/** `file.txt:12: what was expected and what came`, then the whole conversation. */
export class TranscriptError extends Error {
  override name = 'TranscriptError'
}

/**
 * Plays the clients of a transcript against a server and compares every line of it. `source` is a path that ends in
 * `.txt`, or the transcript itself. Resolves to the variables; throws `TranscriptError` or `TranscriptSyntaxError`.
 */
export async function playTranscript(source: string, options: PlayOptions): Promise<Record<string, string>> {
  const isFile = source.endsWith('.txt') && !source.includes('\n')
  const text = isFile ? await readFile(source, 'utf8') : source
  const player = new Player(isFile ? basename(source) : 'transcript', options)
  try {
    for (const step of parseTranscript(text, player.name)) await player.play(step)
    player.finish()
  } finally {
    player.closeAll()
  }
  return player.variables
}

class Player {
  readonly name: string
  readonly #options: PlayOptions
  readonly #pattern: PatternOptions
  readonly #clients = new Map<number, TranscriptClient>()
  readonly #closed = new Set<number>()
  readonly #said: string[] = []
  #line = 0

  constructor(name: string, options: PlayOptions) {
    this.name = name
    this.#options = options
    const variables = Object.entries(options.variables ?? {}).map(([key, value]) => [key, toOctets(value)] as const)
    this.#pattern = { variables: new Map(variables), recorded: options.recorded ?? false }
  }

  get variables(): Record<string, string> {
    return Object.fromEntries([...this.#pattern.variables].map(([key, value]) => [key, Buffer.from(value, 'latin1').toString('utf8')]))
  }

  async play(step: Step): Promise<void> {
    this.#line = step.line
    if (step.kind === 'action') return this.#act(step.name, step.argument)
    const client = await this.#client(step.client)
    switch (step.kind) {
      case 'send':
        return this.#send(client, step.client, step)
      case 'expect':
        return step.patterns.length === 1 && step.patterns[0] !== undefined
          ? this.#expect(client, step.client, step.patterns[0])
          : this.#expectAll(client, step.client, step.patterns)
      case 'until':
        return this.#until(client, step.client, step.pattern)
      case 'silence':
        if (!(await client.silent(step.ms))) throw this.#error(`silence for ${step.ms} ms`, await client.nextLine(0))
        return
      case 'closed': {
        const received = await client.nextLine(this.#timeout)
        if (received.kind !== 'closed' || received.partial !== '') throw this.#error('the end of the connection', received)
        this.#say('S', step.client, '<close>')
        return
      }
      case 'close':
      case 'reset':
        this.#say('C', step.client, `<${step.kind}>`)
        this.#closed.add(step.client)
        return client[step.kind]()
      case 'starttls':
        this.#say('C', step.client, '<starttls>')
        return client.startTls(this.#options.startTls ?? {}).catch((error: unknown) => {
          throw this.#fail(`TLS failed: ${(error as Error).message}`, error)
        })
      case 'connect':
    }
  }

  /** What came and nobody asked for is a mistake too. */
  finish(): void {
    for (const [n, client] of this.#clients) {
      if (client.unread !== '' && !this.#closed.has(n)) throw this.#fail(`client ${n} got more than was expected: ${show(client.unread)}`)
    }
  }

  closeAll(): void {
    for (const client of this.#clients.values()) client.reset()
  }

  get #timeout(): number {
    return this.#options.timeoutMs ?? 10_000
  }

  async #client(n: number): Promise<TranscriptClient> {
    let client = this.#clients.get(n)
    if (client === undefined) {
      client = new TranscriptClient(await this.#options.connect(n))
      this.#clients.set(n, client)
    }
    return client
  }

  async #act(name: string, argument: string): Promise<void> {
    const action = this.#options.actions?.[name]
    if (action === undefined) throw this.#fail(`no action ${name} was given`)
    this.#said.push(`! ${name} ${argument}`)
    await action(argument)
  }

  #send(client: TranscriptClient, n: number, line: ExpectedLine): void {
    const octets = this.#guard(() => fill(line, this.#pattern))
    this.#say('C', n, octets)
    client.send(line.raw ? octets : `${octets}\r\n`)
  }

  async #expect(client: TranscriptClient, n: number, pattern: ExpectedLine): Promise<void> {
    const received = await client.nextLine(this.#timeout)
    if (received.kind !== 'line' || !this.#guard(() => matches(pattern, received.octets, this.#pattern))) {
      throw this.#error(pattern.text, received)
    }
    this.#say('S', n, received.octets)
  }

  async #expectAll(client: TranscriptClient, n: number, patterns: readonly ExpectedLine[]): Promise<void> {
    const open = [...patterns]
    while (open.length > 0) {
      const received = await client.nextLine(this.#timeout)
      const hit = received.kind !== 'line' ? -1 : open.findIndex((p) => this.#guard(() => matches(p, received.octets, this.#pattern)))
      if (received.kind !== 'line' || hit === -1) throw this.#error(open.map((p) => p.text).join('\n      or: '), received)
      this.#say('S', n, received.octets)
      open.splice(hit, 1)
    }
  }

  async #until(client: TranscriptClient, n: number, pattern: ExpectedLine): Promise<void> {
    for (;;) {
      const received = await client.nextLine(this.#timeout)
      if (received.kind !== 'line') throw this.#error(`sooner or later ${pattern.text}`, received)
      this.#say('S', n, received.octets)
      if (this.#guard(() => matches(pattern, received.octets, this.#pattern))) return
    }
  }

  #say(side: 'C' | 'S', n: number, octets: string): void {
    this.#said.push(`${side}${n}: ${show(octets)}`)
  }

  #guard<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw this.#fail((error as Error).message, error)
    }
  }

  #error(expected: string, received: Received): TranscriptError {
    return this.#fail(`\n  expected: ${expected}\n      came: ${describe(received)}`)
  }

  #fail(text: string, cause?: unknown): TranscriptError {
    const said = this.#said.map((line) => `    ${line}`).join('\n')
    return new TranscriptError(`${this.name}:${this.#line}: ${text}\n\n  so far:\n${said}`, { cause })
  }
}

function describe(received: Received): string {
  if (received.kind === 'line') return show(received.octets)
  const partial = received.partial === '' ? '' : `, before it without a line end: ${show(received.partial)}`
  return received.kind === 'closed' ? `<close>${partial}` : `nothing${partial}`
}

/** Octets for people: UTF-8 as it is, controls and stray octets escaped, long ones cut. */
function show(octets: string): string {
  const text = Buffer.from(octets, 'latin1').toString('utf8')
  const readable = text.includes('�') ? octets.replace(/[^\x20-\x7e]/g, hex) : text.replace(/[\x00-\x1f\x7f]/g, hex)
  return readable.length > 2000 ? `${readable.slice(0, 2000)}… (${octets.length} octets)` : readable
}

const hex = (c: string): string => (c === '\r' ? '\\r' : c === '\n' ? '\\n' : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
