import { connect, type Socket } from 'node:net'
import type { Clock } from '@mailstead/base'
import { CONNECT_TIME } from '../limits.ts'
import { PeerLost, type LossReason } from './errors.ts'

export interface DialOptions {
  readonly address: string
  readonly port: number
  /** Of this machine; any when absent. */
  readonly localAddress?: string
  readonly clock: Clock
}

/** Rejects with PeerLost. */
export function dial({ address, port, localAddress, clock }: DialOptions, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) })
    const lose = (reason: LossReason, message: string): void => {
      timer.cancel()
      signal?.removeEventListener('abort', stop)
      socket.removeAllListeners().on('error', () => {})
      socket.destroy()
      reject(new PeerLost(reason, 'connect', message))
    }
    const stop = (): void => lose('stopped', 'The server is shutting down')
    const timer = clock.after(CONNECT_TIME, () => lose('timeout', `No connection within ${CONNECT_TIME / 1000} s`))
    signal?.addEventListener('abort', stop)
    if (signal?.aborted === true) stop()
    socket.once('error', (error) => lose('closed', error.message))
    socket.once('connect', () => {
      timer.cancel()
      signal?.removeEventListener('abort', stop)
      socket.removeAllListeners()
      resolve(socket)
    })
  })
}
