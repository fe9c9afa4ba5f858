import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import type { Logger } from '@mailstead/base'
import { LineSplitter, decode, encode } from './codec.ts'
import { DRAIN_MS, MAX_CONNECTIONS, MAX_LINE, MAX_REQUESTS, PART_ROWS } from './limits.ts'
import { clearSocket, prepareSocket } from './place.ts'
import { isRequest, type Answer, type Failure, type Request } from './protocol.ts'

/** What may be called from outside, by group: `accounts` → its object. Only the methods named are reachable. */
export type Exposed = Readonly<Record<string, { readonly target: object; readonly methods: readonly string[] }>>

export interface ControlServer {
  readonly path: string
  /** Takes no further request, lets those under way finish for a moment, and removes the socket. */
  close(): Promise<void>
}

export interface ControlOptions {
  /** The data folder; the caller holds its lock. */
  readonly dir: string
  readonly exposed: Exposed
  readonly log: Logger
}

/** Listens for administrators. Only the user that runs the server can connect. */
export async function serveControl({ dir, exposed, log }: ControlOptions): Promise<ControlServer> {
  const path = await prepareSocket(dir)
  const connections = new Set<Connection>()
  const server = createServer((socket) => {
    const connection = new Connection(socket, exposed, log)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  server.maxConnections = MAX_CONNECTIONS
  await listenPrivately(server, path)
  server.on('error', (error) => log.error('control socket failed', { err: error }))
  return {
    path,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      await Promise.all([...connections].map((connection) => connection.drain()))
      await closed
      await clearSocket(dir)
    },
  }
}

/** The umask makes the socket private from its first moment; the mode is set again where binding ignores the umask. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(before)
  }
  await once(server, 'listening')
  await chmod(path, 0o600)
}

class Connection {
  readonly #socket: Socket
  readonly #exposed: Exposed
  readonly #log: Logger
  readonly #running = new Set<Promise<void>>()
  #draining = false

  constructor(socket: Socket, exposed: Exposed, log: Logger) {
    this.#socket = socket
    this.#exposed = exposed
    this.#log = log
    socket.on('error', () => socket.destroy())
    void this.#read()
  }

  async drain(): Promise<void> {
    this.#draining = true
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DRAIN_MS)
    })
    await Promise.race([Promise.all(this.#running), patience])
    clearTimeout(timer)
    this.#socket.end(() => this.#socket.destroy())
    // A peer that does not read must not hold the server.
    setTimeout(() => this.#socket.destroy(), 200).unref()
  }

  async #read(): Promise<void> {
    const splitter = new LineSplitter()
    try {
      for await (const chunk of this.#socket) {
        for (const line of splitter.push(chunk as Buffer)) {
          if (this.#draining) return
          if (line !== '') await this.#begin(line)
        }
      }
    } catch (error) {
      if (this.#socket.destroyed) return
      this.#log.warn('control request refused', { reason: error instanceof Error ? error.message : String(error) })
      this.#socket.destroy()
    }
  }

  /** Returns once there is room for a further request, not once this one is done. */
  async #begin(line: string): Promise<void> {
    const request = decode(line)
    if (!isRequest(request)) throw new SyntaxError('not a request')
    const run = this.#run(request).finally(() => this.#running.delete(run))
    this.#running.add(run)
    if (this.#running.size >= MAX_REQUESTS) await Promise.race(this.#running)
  }

  async #run({ id, method, args }: Request): Promise<void> {
    try {
      const call = find(this.#exposed, method)
      if (call === undefined) return await this.#send({ id, error: unknownMethod(method) })
      await this.#answer(id, await call(args))
    } catch (error) {
      await this.#send({ id, error: this.#toFailure(error, method) })
    }
  }

  async #answer(id: number, result: unknown): Promise<void> {
    if (!Array.isArray(result)) return this.#send({ id, result })
    for (let at = 0; at < result.length; at += PART_ROWS) await this.#send({ id, part: result.slice(at, at + PART_ROWS) })
    await this.#send({ id, result: [] })
  }

  async #send(answer: Answer): Promise<void> {
    if (this.#socket.destroyed) return
    const line = encode(answer)
    if (Buffer.byteLength(line) > MAX_LINE) throw new Error('an answer is longer than a line may be')
    if (this.#socket.write(line)) return
    await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]).catch(() => undefined)
  }

  /** Errors with a code of their own were made for people; anything else is a fault of ours and goes to the log. */
  #toFailure(error: unknown, method: string): Failure {
    if (error instanceof Error && typeof (error as { code?: unknown }).code === 'string') {
      return { name: error.name, code: (error as unknown as { code: string }).code, message: error.message }
    }
    this.#log.error('control request failed', { method, err: error })
    return { name: 'ControlError', code: 'internal', message: 'the server failed at it; its log says why' }
  }
}

function find(exposed: Exposed, method: string): ((args: readonly unknown[]) => unknown) | undefined {
  const [group = '', name = ''] = method.split('.')
  const entry = Object.hasOwn(exposed, group) ? exposed[group] : undefined
  if (entry === undefined || !entry.methods.includes(name)) return undefined
  const call = (entry.target as Record<string, unknown>)[name]
  return typeof call === 'function' ? (args) => Reflect.apply(call, entry.target, [...args]) as unknown : undefined
}

function unknownMethod(method: string): Failure {
  return {
    name: 'ControlError',
    code: 'unknown-method',
    message: `the running server does not know ${method}: it is of another version, restart it`,
  }
}
