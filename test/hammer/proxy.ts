import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Client } from '../../packages/imap/test/client.ts'

/** What goes wrong on one connection: each direction is passed through it, whole responses and whole writes of the client. */
export interface Fault {
  /** A response without its line end, literals included; what the client gets in its place. */
  readonly response?: (text: string) => readonly string[]
  /** What a client sent; what the server gets in its place. */
  readonly command?: (text: string) => string
}

export interface Proxy {
  readonly port: number
  close(): void
}

/** Stands between clients and the server at `port`, and makes the same mistakes on each connection. */
export async function startProxy(port: number, fault: () => Fault): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    void pass(client, upstream, fault())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function pass(client: Socket, upstream: Socket, { response, command }: Fault): Promise<void> {
  client.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1')
    upstream.write(Buffer.from(command?.(text) ?? text, 'latin1'))
  })
  client.on('end', () => upstream.end())
  client.on('close', () => upstream.destroySoon())
  const reader = new Client(upstream)
  try {
    for (let text = await reader.response(); text !== undefined; text = await reader.response()) {
      for (const line of response?.(text) ?? [text]) client.write(Buffer.from(`${line}\r\n`, 'latin1'))
    }
  } catch {
    // The run is over.
  }
  client.destroySoon()
}
