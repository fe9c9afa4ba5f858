import type { ImapFramer } from '@mailstead/wire'
import type { Carried, LiteralSink } from './command.ts'
import { ImapNo } from './errors.ts'
import type { ConnectionTap } from './tap.ts'

/**
 * Takes the literals of one command to where the command wants them, and remembers why one was refused until the
 * framer says that the client may be answered.
 */
export class LiteralReader {
  readonly #framer: ImapFramer
  readonly #tap: ConnectionTap | undefined
  #sinks: LiteralSink[] = []
  #carried: Carried = {}
  #failure: unknown

  constructor(framer: ImapFramer, tap: ConnectionTap | undefined) {
    this.#framer = framer
    this.#tap = tap
  }

  /** Why the command was refused at a literal. */
  get failure(): unknown {
    return this.#failure
  }

  /** `ask` gives the command's sink, nothing to keep the literal in memory, or throws. True when the client may send it. */
  async announce(fits: boolean, ask: (carried: Carried) => Promise<LiteralSink | undefined>): Promise<boolean> {
    try {
      const sink = await ask(this.#carried)
      if (sink !== undefined) {
        this.#sinks.push(sink)
        this.#framer.decide('stream')
        return true
      }
      if (!fits) throw new ImapNo('The literals are too big or too many', 'TOOBIG')
      this.#framer.decide('memory')
      return true
    } catch (error) {
      this.#refuse(error)
      return false
    }
  }

  async data(octets: Uint8Array): Promise<void> {
    this.#tap?.streamed(octets)
    try {
      await this.#sinks.at(-1)?.write(octets)
    } catch (error) {
      this.#refuse(error)
    }
  }

  async streamed(): Promise<void> {
    try {
      this.#framer.finish(await this.#sinks.at(-1)?.finish())
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** Whatever the command has not used is given back. */
  async abort(): Promise<void> {
    await this.handOver()?.()
  }

  /** The command is read to its end: what it has to call when it is over, to give back what it has not used. */
  handOver(): (() => Promise<unknown>) | undefined {
    const sinks = this.#sinks
    this.#failure = undefined
    this.#carried = {}
    if (sinks.length === 0) return undefined
    this.#sinks = []
    return () => Promise.allSettled(sinks.map((sink) => sink.abort()))
  }

  #refuse(error: unknown): void {
    this.#failure = error
    this.#framer.decide('refuse')
  }
}
