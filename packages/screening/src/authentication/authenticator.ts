import { Worker } from 'node:worker_threads'
import type { Clock, Logger } from '@mailstead/base'
import type { StagedBlob } from '@mailstead/store'
import type { Resolver } from '@mailstead/resolver'
import { AUTHENTICATION_TIME, MAX_AUTHENTICATIONS, READ_SIZE, THREAD_MEMORY } from '../limits.ts'
import type { ArrivalFacts, Authentication, FromThread, ToThread } from './facts.ts'

const THREAD = new URL('./worker.ts', import.meta.url)

export interface AuthenticatorOptions {
  readonly resolver: Resolver
  readonly log: Logger
  readonly clock: Clock
}

type Octets = Pick<StagedBlob, 'size' | 'read'>

interface Job {
  readonly octets: Octets
  finish(found: Authentication | undefined): void
}

/**
 * Authenticates mail in a thread of its own: a message made to be slow costs seconds of work (a hundred signatures, a line of
 * megabytes). It begins with the first message.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #jobs = new Map<number, Job>()
  #thread: Worker | undefined
  #count = 0

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** `undefined`: it cannot be said, because it takes too long or too much is asked at once. Never rejects. */
  check(arrival: ArrivalFacts, octets: Octets): Promise<Authentication | undefined> {
    const { log, clock } = this.#options
    if (this.#jobs.size >= MAX_AUTHENTICATIONS) {
      log.warn('message not authenticated, too many at once')
      return Promise.resolve(undefined)
    }
    const id = ++this.#count
    const { promise, resolve } = Promise.withResolvers<Authentication | undefined>()
    // Whatever holds the thread up: its end is the only way to stop it.
    const timer = clock.after(AUTHENTICATION_TIME, () => {
      log.warn('authentication takes too long, message passes', { ms: AUTHENTICATION_TIME })
      this.close()
    })
    this.#jobs.set(id, {
      octets,
      finish: (found) => {
        timer.cancel()
        this.#jobs.delete(id)
        resolve(found)
      },
    })
    this.#thread ??= this.#begin()
    this.#reply(this.#thread, { kind: 'begin', id, arrival }, [])
    return promise
  }

  /** Ends the thread; whoever waits is told that nothing can be said. The next message begins another one. */
  close(): void {
    const thread = this.#thread
    this.#thread = undefined
    void thread?.terminate()
    for (const job of this.#jobs.values()) job.finish(undefined)
  }

  #begin(): Worker {
    const { log } = this.#options
    const thread = new Worker(THREAD, {
      name: 'authentication',
      resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: THREAD_MEMORY },
    })
    thread.on('message', (message: FromThread) => void this.#hear(thread, message))
    thread.on('error', (error) => {
      log.error('authentication thread failed', { err: error })
      if (this.#thread === thread) this.close()
    })
    // It keeps no process alive: what it works for does.
    thread.unref()
    return thread
  }

  async #hear(thread: Worker, message: FromThread): Promise<void> {
    const job = this.#jobs.get(message.id)
    if (job === undefined || thread !== this.#thread) return
    if (message.kind === 'done') return job.finish(message.found)
    if (message.kind === 'failed') {
      this.#options.log.error('message not authenticated', { err: message.error })
      return job.finish(undefined)
    }
    const { question } = message
    try {
      if (message.kind === 'look') {
        const value = await this.#options.resolver.look(message.type, message.name)
        this.#reply(thread, { kind: 'answer', question, value }, [])
      } else {
        // A copy that is the thread's own: a view would be sent with all that it is a view of.
        const value = new Uint8Array(message.offset < job.octets.size ? await job.octets.read(message.offset, READ_SIZE) : [])
        this.#reply(thread, { kind: 'answer', question, value }, [value.buffer])
      }
    } catch (error) {
      this.#options.log.error('message not authenticated', { err: error })
      job.finish(undefined)
    }
  }

  /** Nothing to a thread that was ended meanwhile. */
  #reply(thread: Worker, message: ToThread, transfer: readonly ArrayBuffer[]): void {
    if (thread === this.#thread) thread.postMessage(message, transfer)
  }
}
