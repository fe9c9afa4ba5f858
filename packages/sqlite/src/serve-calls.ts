import type { MessagePort } from 'node:worker_threads'
import type { Connection } from './connection.ts'
import { giveBack } from './give-back.ts'
import { failed, toWire, type Answer, type Call, type FromWorker } from './rpc.ts'
import { buffersIn } from './transfer.ts'

/** What a thread that answers call by call is told. */
export type ToServing = { readonly kind: 'call'; readonly call: Call } | { readonly kind: 'give-back' } | { readonly kind: 'close' }

export interface Serving {
  readonly ops: object
  /** Whose pages are given back with the rest. */
  readonly connections: readonly Connection[]
  readonly close: () => void
}

/** Runs each call at once and gives its result, until the thread is closed. Says that it is ready, or that it failed. */
export function serveCalls(port: MessagePort, open: () => Serving): void {
  try {
    const { ops, connections, close } = open()
    port.on('message', (message: ToServing) => {
      if (message.kind === 'close') {
        close()
        port.postMessage({ kind: 'closed' } satisfies FromWorker)
        port.close()
        return
      }
      if (message.kind === 'give-back') return giveBack(connections)
      const answer = run(ops as Readonly<Record<string, (...args: unknown[]) => unknown>>, message.call)
      const transfer = 'value' in answer ? buffersIn(answer.value) : []
      port.postMessage({ kind: 'report', answers: [answer], changes: [], accountChanges: [] } satisfies FromWorker, transfer)
    })
    port.postMessage({ kind: 'ready', value: undefined } satisfies FromWorker)
  } catch (error) {
    port.postMessage(failed(error) satisfies FromWorker)
  }
}

function run(ops: Readonly<Record<string, (...args: unknown[]) => unknown>>, { id, op, args }: Call): Answer {
  try {
    const found = ops[op]
    if (found === undefined) throw new Error(`The thread knows no ${op}`)
    return { id, value: found(...args) }
  } catch (error) {
    return { id, error: toWire(error) }
  }
}
