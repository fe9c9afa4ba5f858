import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { LineSplitter, decode, encode } from './codec.ts'
import { MAX_LINE } from './limits.ts'
import { findSocket } from './place.ts'
import { ControlError, RemoteError, isAnswer, type Answer } from './protocol.ts'

interface Waiting {
  readonly parts: unknown[]
  resolve(result: unknown): void
  reject(error: Error): void
}

/** A line to the running server. */
export interface ControlClient {
  /** Rejects with `RemoteError` when the method threw, with `ControlError` when the line failed. */
  call(method: string, args: readonly unknown[]): Promise<unknown>
  /** An object whose asynchronous methods run at the server; of the shape that the server exposed by the name. */
  group(name: string): object
  /** At once; calls under way reject with `lost`. */
  close(): void
}

/** Reaches the server that owns the data folder `dir`. `not-running` when there is none, `not-permitted`. */
export async function connectControl(dir: string): Promise<ControlClient> {
  const path = await findSocket(dir)
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') {
      throw new ControlError('not-permitted', `${path}: only the user that runs the server may use it`, { cause: error })
    }
    throw new ControlError('not-running', `${path}: no server answers (${code ?? 'unknown error'})`, { cause: error })
  }
  return new Client(socket)
}

class Client implements ControlClient {
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#lose())
    void this.#read()
  }

  async call(method: string, args: readonly unknown[]): Promise<unknown> {
    const id = this.#nextId++
    const line = encode({ id, method, args })
    if (Buffer.byteLength(line) > MAX_LINE) throw new ControlError('too-long', `${method}: more than ${MAX_LINE} octets in one request`)
    if (this.#socket.destroyed) throw lost()
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { parts: [], resolve, reject })
      this.#socket.write(line)
    })
  }

  group(name: string): object {
    return new Proxy(
      {},
      {
        // `then` must stay absent, or awaiting the object would call the server.
        get: (_, method) =>
          typeof method === 'string' && method !== 'then' ? (...args: unknown[]) => this.call(`${name}.${method}`, args) : undefined,
      },
    )
  }

  close(): void {
    // Not `end`: a server that hangs never ends its side, and would hold this process.
    this.#socket.destroy()
  }

  async #read(): Promise<void> {
    const splitter = new LineSplitter()
    try {
      for await (const chunk of this.#socket) {
        for (const line of splitter.push(chunk as Buffer)) {
          const answer = decode(line)
          if (isAnswer(answer)) this.#take(answer)
        }
      }
    } catch {
      this.#socket.destroy()
    }
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    if (waiting === undefined) return
    if ('part' in answer) {
      waiting.parts.push(...answer.part)
      return
    }
    this.#waiting.delete(answer.id)
    if ('error' in answer) {
      const { name, code, message } = answer.error
      waiting.reject(name === 'ControlError' ? new ControlError(code as 'internal', message) : new RemoteError(answer.error))
    } else waiting.resolve(Array.isArray(answer.result) ? [...waiting.parts, ...answer.result] : answer.result)
  }

  #lose(): void {
    for (const waiting of this.#waiting.values()) waiting.reject(lost())
    this.#waiting.clear()
  }
}

function lost(): ControlError {
  return new ControlError('lost', 'the server went away before it answered; whether it was done is not known')
}
