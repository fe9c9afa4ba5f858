import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { trimHeap } from '../give-back.ts'
import { GROUP_MEMBERS, GROUP_OCTETS, POSTPONED_MS } from '../limits.ts'
import type { Call, FromWorker } from '../rpc.ts'
import type { GroupCommitter } from './group.ts'

/** All but calls are acts between groups, not members. */
export type ToWriter =
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'restart-wal'; readonly shrink: boolean }
  | { readonly kind: 'give-back' }
  | { readonly kind: 'close' }

/** Takes calls off the port and makes groups of them: what gathered while the last commit ran, without a timer. */
export class WriterLoop {
  readonly #port: MessagePort
  readonly #committer: GroupCommitter
  #waiting: Call[] = []
  #restart: { readonly shrink: boolean } | undefined
  #givesBack = false
  #closing = false
  #late: NodeJS.Timeout | undefined

  constructor(port: MessagePort, committer: GroupCommitter) {
    this.#port = port
    this.#committer = committer
  }

  /** Does everything that waits on the port, `first` before it. */
  run(first: ToWriter): void {
    this.#take(first)
    for (this.#drain(); this.#waiting.length > 0; this.#drain()) {
      const group = this.#nextGroup()
      this.#post(this.#committer.run(group))
      group.forEach(free)
      // Here too: under steady mail the queue is never empty.
      this.#restartWal()
    }
    this.#restartWal()
    this.#giveBack()
    if (this.#closing) this.#close()
  }

  #take(message: ToWriter): void {
    if (message.kind === 'restart-wal') this.#restart = message
    else if (message.kind === 'give-back') this.#givesBack = true
    else if (message.kind === 'close') this.#closing = true
    else if (message.call.lazy) {
      this.#committer.postpone(message.call)
      this.#late ??= setTimeout(() => this.#writeLate(), POSTPONED_MS)
    } else this.#waiting.push(message.call)
  }

  #drain(): void {
    while (this.#waiting.length < GROUP_MEMBERS) {
      const next = receiveMessageOnPort(this.#port) as { message: ToWriter } | undefined
      if (next === undefined) return
      this.#take(next.message)
    }
  }

  /** At least one call, and as many more as GROUP_OCTETS allows. */
  #nextGroup(): Call[] {
    let octets = 0
    let members = 0
    for (const call of this.#waiting) {
      octets += call.octets
      if (members > 0 && octets > GROUP_OCTETS) break
      members++
    }
    return this.#waiting.splice(0, members)
  }

  /** What was postponed gets a commit of its own where nothing else commits for a while. */
  #writeLate(): void {
    this.#late = undefined
    const report = this.#committer.run([])
    if (report.answers.length > 0) this.#post(report)
  }

  #restartWal(): void {
    if (this.#restart !== undefined) this.#committer.restartWal(this.#restart.shrink)
    this.#restart = undefined
  }

  #giveBack(): void {
    if (!this.#givesBack) return
    this.#givesBack = false
    this.#committer.giveBack()
    trimHeap()
  }

  #close(): void {
    clearTimeout(this.#late)
    this.#post(this.#committer.close())
    this.#post({ kind: 'closed' })
    this.#port.close()
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message, [])
  }
}

/** Gives octets that were handed over back at once: the collector lets some 30 MiB of them gather first. */
function free({ args }: Call): void {
  for (const arg of args) if (ArrayBuffer.isView(arg) && arg.buffer instanceof ArrayBuffer) arg.buffer.transfer(0)
}
