import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands before a server and notes what clients send in one piece. */
export interface Pieces {
  readonly port: number
  /** The pieces of each connection in which `text` was said, joined by nothing. */
  of(text: string): readonly string[][]
  close(): void
}

export async function notePieces(port: number): Promise<Pieces> {
  const connections: string[][] = []
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const pieces: string[] = []
    connections.push(pieces)
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => sockets.delete(socket))
    }
    client.on('data', (chunk: Buffer) => pieces.push(chunk.toString('latin1')))
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    of: (text) => connections.filter((pieces) => pieces.join('').includes(text)),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
