import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** Where in a transaction the server that sends to us is killed. */
export type Window = 'before the dot' | 'dot sent' | '250 sent' | '250 read'

export const WINDOWS: readonly Window[] = ['before the dot', 'dot sent', '250 sent', '250 read']

/** ms in which the other side may have read an answer and not settled it. */
const READING = 4

interface Transaction {
  message: string
  readonly recipients: string[]
  ended: boolean
}

export interface SinkEvents {
  /** Is asked once for each place of each transaction; true: it kills the server, and the sink does not go on with this one. */
  reached(window: Window): boolean
  /** These may come once more: the sender died, and could not be sure of them. */
  doubtful(keys: readonly string[]): void
}

/** A mail server that takes everything for good as soon as it has seen the dot, and remembers how often. */
export class Sink {
  readonly #server: Server
  readonly #events: SinkEvents
  readonly #open = new Map<Socket, Transaction | undefined>()
  /** Connections to a sender that is dead; what it said last is still read. */
  readonly #orphans = new WeakSet<Socket>()
  /** `message recipient` → how often it came. */
  readonly received = new Map<string, number>()

  constructor(events: SinkEvents) {
    this.#events = events
    // A connection that is cut ends what it began.
    this.#server = createServer((socket) => void this.#serve(socket).catch(() => socket.destroy()))
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#open.keys()) socket.destroy()
  }

  /** The sender is dead. In doubt is what had its dot, and behind which its connection had begun nothing else. */
  orphan(): void {
    for (const [socket, transaction] of this.#open) {
      this.#orphans.add(socket)
      if (transaction?.ended === true) this.#events.doubtful(keysOf(transaction))
    }
  }

  async #serve(socket: Socket): Promise<void> {
    this.#open.set(socket, undefined)
    socket.on('error', () => {})
    socket.on('close', () => this.#open.delete(socket))
    const say = (reply: string): boolean => socket.write(`${reply}\r\n`)
    say('220 sink.test ESMTP')
    let transaction: Transaction | undefined
    let content = false
    for await (const line of createInterface({ input: socket })) {
      if (content && transaction !== undefined) {
        if (line !== '.') {
          transaction.message = /^Message-ID: <(\S+)@/.exec(line)?.[1] ?? transaction.message
          continue
        }
        content = false
        this.#end(transaction, socket)
        continue
      }
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'EHLO') say('250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-DSN\r\n250 ENHANCEDSTATUSCODES')
      else if (verb === 'MAIL') {
        transaction = { message: '', recipients: [], ended: false }
        this.#open.set(socket, transaction)
        say('250 2.1.0 fine')
      } else if (verb === 'RCPT') {
        transaction?.recipients.push(/<([^>]+)>/.exec(line)?.[1] ?? '')
        say('250 2.1.5 fine')
      } else if (verb === 'DATA') {
        content = true
        if (!this.#events.reached('before the dot')) say('354 go on')
      } else if (verb === 'QUIT') {
        socket.end('221 2.0.0 bye\r\n')
      } else say('250 2.0.0 fine')
    }
  }

  #end(transaction: Transaction, socket: Socket): void {
    transaction.ended = true
    for (const key of keysOf(transaction)) this.received.set(key, (this.received.get(key) ?? 0) + 1)
    // The dot was on its way when the sender died.
    if (this.#orphans.has(socket)) return this.#events.doubtful(keysOf(transaction))
    if (this.#events.reached('dot sent')) return
    socket.write('250 2.0.0 taken\r\n')
    if (!this.#events.reached('250 sent')) setTimeout(() => this.#events.reached('250 read'), Math.random() * READING)
  }
}

const keysOf = ({ message, recipients }: Transaction): string[] => recipients.map((recipient) => `${message} ${recipient}`)
