import type { Clock } from '@mailstead/base'
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

interface Watched {
  readonly tag: string
  readonly progress: Progress
  readonly respond: Responder
  readonly clock: Clock
  /** Milliseconds. */
  readonly every: number
}

/** Waits for a command, and says now and then that it goes on (RFC 9585), so that no client or firewall takes the silence for the end. */
export async function withProgress<T>(work: Promise<T>, { tag, progress, respond, clock, every }: Watched): Promise<T> {
  const tell = (): void => {
    if (respond.betweenResponses) {
      respond.ok(progress.code(tag), 'Still at work')
      respond.flush()
    }
    timer = clock.after(every, tell)
  }
  let timer = clock.after(every, tell)
  try {
    return await work
  } finally {
    timer.cancel()
  }
}
