import type { Clock, EpochMs, Timer } from '@mailstead/base'
import { formatString } from '@mailstead/wire'
import type { Responder } from './responses.ts'

/** How far a command has come, as far as it can tell. */
export class Progress {
  #done: number | undefined
  #goal = 0

  /** `done` of `goal` messages, or of whatever the work is counted in. */
  at(done: number, goal: number): void {
    this.#done = done
    this.#goal = goal
  }

  /** What stands behind INPROGRESS. A tag with "]" would end the code early; what is not over yet is less than its goal. */
  code(tag: string): string {
    const name = tag.includes(']') ? 'NIL' : formatString(tag)
    if (this.#done === undefined || this.#goal === 0) return `INPROGRESS (${name} NIL NIL)`
    return `INPROGRESS (${name} ${Math.min(this.#done, this.#goal - 1)} ${this.#goal})`
  }
}

/** A command that is under way. */
export interface Watched {
  readonly tag: string
  readonly progress: Progress
  readonly respond: Responder
}

/**
 * Says now and then of commands that they go on (RFC 9585), so that no client or firewall takes the silence for the end. One timer
 * for all of them, as nearly all are over long before it.
 */
export class ProgressWatch {
  readonly #clock: Clock
  /** Milliseconds. */
  readonly #every: number
  /** With the time of the next word; the soonest first. */
  readonly #watched = new Map<Watched, EpochMs>()
  #timer: Timer | undefined

  constructor(clock: Clock, every: number) {
    this.#clock = clock
    this.#every = every
  }

  begin(command: Watched): void {
    this.#watched.set(command, this.#clock.now() + this.#every)
    if (this.#timer === undefined) this.#wait(this.#every)
  }

  end(command: Watched): void {
    this.#watched.delete(command)
  }

  #wait(ms: number): void {
    this.#timer = this.#clock.after(ms, () => this.#tell())
  }

  #tell(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (const [command, due] of this.#watched) {
      const left = due - now
      // More is left only where the clock was set back.
      if (left > 0 && left <= this.#every) {
        this.#wait(left)
        return
      }
      // Behind all others, which ends this loop.
      this.#watched.delete(command)
      this.#watched.set(command, now + this.#every)
      say(command)
    }
  }
}

function say({ tag, progress, respond }: Watched): void {
  if (!respond.betweenResponses) return
  respond.ok(progress.code(tag), 'Still at work')
  respond.flush()
}
