import type { Socket } from 'node:net'
import type { Clock } from '@mailstead/base'
import { PROXY_TIME } from './limits.ts'
import { parseProxyHeader, type ProxyHeader } from './proxy-header.ts'

/**
 * Takes the PROXY header off the front of a connection, which must have no reader yet; what stands behind it is left to be
 * read. `undefined`: none came, and the connection is to be dropped.
 */
export async function readProxyHeader(socket: Socket, clock: Clock): Promise<ProxyHeader | undefined> {
  const { promise, resolve } = Promise.withResolvers<ProxyHeader | undefined>()
  let octets: Buffer = Buffer.alloc(0)
  const look = (): void => {
    for (;;) {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      octets = octets.length === 0 ? chunk : Buffer.concat([octets, chunk])
      const header = parseProxyHeader(octets)
      if (header === 'more') continue
      socket.off('readable', look)
      if (header !== 'bad' && octets.length > header.length) socket.unshift(octets.subarray(header.length))
      resolve(header === 'bad' ? undefined : header)
      return
    }
  }
  const none = (): void => resolve(undefined)
  const timer = clock.after(PROXY_TIME, none)
  socket.on('readable', look).once('end', none).once('close', none)
  try {
    return await promise
  } finally {
    timer.cancel()
    socket.off('readable', look).off('end', none).off('close', none)
  }
}
