import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { PeerDialogue } from './dialogue.ts'
import { PeerState, type PeerMessage, type PeerScript } from './peer-state.ts'

export interface ScriptedPeer {
  readonly port: number
  /** Lines of commands of all connections, in their order. */
  readonly lines: readonly string[]
  readonly messages: readonly PeerMessage[]
  readonly connections: number
  /** Connections at this moment, and the most there ever were. */
  readonly open: number
  readonly mostOpen: number
  /** Octets that the peer got on its first connection, and that it sent. */
  readonly received: number
  readonly sent: number
  close(): Promise<void>
}

/** A server on a free port of this machine that does what its script says, and takes any mail where that says nothing. Ends with the test. */
export async function scriptedPeer(
  t: Pick<TestContext, 'after'>,
  script: PeerScript = {},
  host = '127.0.0.1',
  port = 0,
): Promise<ScriptedPeer> {
  const state = new PeerState(script)
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    state.mostOpen = Math.max(state.mostOpen, sockets.size)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    new PeerDialogue(state, socket, ++state.connections).start()
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(() => resolve()))
  }
  t.after(close)
  return {
    port: (server.address() as AddressInfo).port,
    lines: state.lines,
    messages: state.messages,
    get connections() {
      return state.connections
    },
    get open() {
      return sockets.size
    },
    get mostOpen() {
      return state.mostOpen
    },
    get received() {
      return state.received
    },
    get sent() {
      return state.sent
    },
    close,
  }
}
