import assert from 'node:assert/strict'
import type { Client } from '../client.ts'
import { parseResponse, type Response } from './response.ts'
import type { World } from './world.ts'

/** Lines that are kept for who wants to know what came before a failure. */
const KEPT = 60
const SHOWN = 300

export interface Command {
  /** Without its tag and line end. */
  readonly text: string
  /** Takes each untagged response. `name`: the first word of the command. */
  readonly take?: (response: Response, name: string) => void
  /** When its turn has come: all commands before it are answered. */
  readonly turn?: () => void
}

/** A tagged response. */
export interface Answer {
  readonly status: string
  /** The response code without its brackets, `''` if there is none. */
  readonly code: string
  readonly text: string
}

/** One connection, with what was said on it last. */
export class Line {
  readonly #client: Client
  readonly #name: string
  readonly #world: World
  readonly #said: string[]
  #tags = 0
  #rev2 = false

  /** `said`: where lines are written down, the same for all connections of a client. */
  constructor(name: string, client: Client, world: World, said: string[]) {
    this.#name = name
    this.#client = client
    this.#world = world
    this.#said = said
  }

  /** Sends all at once and takes the answers, which have to come in order. */
  async run(
    commands: readonly Command[],
    take: (response: Response, name: string) => void,
    answered: (answer: Answer) => void = () => {},
  ): Promise<Answer[]> {
    const tagged = commands.map((command) => ({ ...command, tag: this.#tag() }))
    this.send(tagged.map(({ tag, text }) => `${tag} ${text}\r\n`).join(''))
    const answers: Answer[] = []
    for (const command of tagged) {
      command.turn?.()
      const name = command.text.split(' ', 1)[0] ?? ''
      const answer = await this.answer(command.tag, (response) => {
        take(response, name)
        command.take?.(response, name)
      })
      answered(answer)
      answers.push(answer)
    }
    return answers
  }

  /** From here on by RFC 9051, which knows no \Recent and no SEARCH response. */
  async speakRev2(): Promise<void> {
    await this.run([{ text: 'ENABLE IMAP4rev2' }], () => {})
    this.#rev2 = true
  }

  /** IDLE for `ms`. */
  async idle(ms: number, take: (response: Response) => void): Promise<Answer> {
    const tag = this.#tag()
    this.send(`${tag} IDLE\r\n`)
    for (let text = await this.#response(); !text.startsWith('+ '); text = await this.#response()) take(parseResponse(text))
    await new Promise((resolve) => setTimeout(resolve, ms))
    this.send('DONE\r\n')
    return this.answer(tag, take)
  }

  /** Sends commands, takes at most `read` responses to the first, and is gone. */
  async cut(commands: readonly string[], read: number, take: (response: Response, name: string) => void): Promise<void> {
    this.send(commands.map((text) => `${this.#tag()} ${text}\r\n`).join(''))
    const name = commands[0]?.split(' ', 1)[0] ?? ''
    for (let left = commands.length === 0 ? 0 : read; left > 0; left--) {
      const text = await this.#response()
      if (!text.startsWith('* ')) break
      take(parseResponse(text), name)
    }
    this.#note('-- cut')
    this.#client.socket.end()
    this.#client.socket.destroySoon()
  }

  drop(): void {
    this.#client.socket.destroy()
  }

  send(text: string): void {
    this.#note(`C: ${text}`)
    this.#client.send(text)
  }

  async answer(tag: string, take: (response: Response) => void): Promise<Answer> {
    for (;;) {
      const text = await this.#response()
      if (text.startsWith('* ')) {
        take(parseResponse(text))
        continue
      }
      assert.ok(text.startsWith(`${tag} `), `an answer out of order: ${text}`)
      const [, status = '', , code = ''] = /^\S+ (\S+)( \[([^\]]*)\])?/.exec(text) ?? []
      return { status, code, text }
    }
  }

  async #response(): Promise<string> {
    const response = await this.#client.response()
    assert.ok(response !== undefined, 'the connection ended')
    this.#note(`S: ${response}`)
    assert.ok(!this.#rev2 || !/^\* (SEARCH\b|\d+ RECENT\b|.*FLAGS \([^)]*\\Recent)/.test(response), `not of IMAP4rev2: ${response}`)
    return response
  }

  #tag(): string {
    return `${this.#name}.${++this.#tags}`
  }

  #note(text: string): void {
    const line = `${this.#world.tick()} ${this.#name} ${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}`.trimEnd()
    this.#world.trace?.(line)
    this.#said.push(line)
    if (this.#said.length > KEPT) this.#said.shift()
  }
}
