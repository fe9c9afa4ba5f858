import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectPlain, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { Clock, Logger, Timer } from '@mailstead/base'
import type { ConnectionInfo, Service } from '../src/index.ts'

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'net-'))
  after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A clock that moves when told to. */
export class HandClock implements Clock {
  #now = Date.UTC(2026, 0, 15)
  readonly #timers = new Set<{ at: number; run: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): Timer {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  /** Timers that have not gone off. */
  get pending(): number {
    return this.#timers.size
  }

  /** Runs what falls due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = next.at
      next.run()
    }
    this.#now = end
  }
}

export interface LogLine {
  readonly level: string
  readonly event: string
  readonly fields: Record<string, unknown>
}

export function memoryLog(lines: LogLine[]): Logger {
  const write =
    (level: string) =>
    (event: string, fields: object = {}): void =>
      void lines.push({ level, event, fields: fields as Record<string, unknown> })
  const log: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: () => log }
  return log
}

export interface EchoService extends Service {
  readonly seen: ConnectionInfo[]
  readonly sockets: Socket[]
}

/** Greets, and sends back what it gets. */
export function echoService(): EchoService {
  const seen: ConnectionInfo[] = []
  const sockets: Socket[] = []
  return {
    seen,
    sockets,
    accept(socket, info) {
      seen.push(info)
      sockets.push(socket)
      socket.write('hello\r\n')
      socket.on('data', (chunk) => socket.write(chunk))
    },
    async drain() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** A socket with what it has received so far, and a wait for more. */
export interface Client {
  readonly socket: Socket
  received(): string
  until(text: string): Promise<string>
  closed: Promise<void>
}

export function client(socket: Socket): Client {
  let text = ''
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  socket.on('error', () => {})
  return {
    socket,
    closed,
    received: () => text,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!text.includes(wanted)) return
          socket.off('data', look)
          resolve(text)
        }
        socket.on('data', look)
        socket.once('close', () => reject(new Error(`closed before ${JSON.stringify(wanted)}: ${JSON.stringify(text)}`)))
        look()
      }),
  }
}

export const dial = ({ address, port }: AddressInfo): Client => client(connectPlain({ host: address, port }))

/** Resolves when the handshake is done, rejects when it fails. */
export function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(options, () => resolve(socket))
    socket.once('error', reject)
  })
}

export const has = (program: string): boolean => spawnSync(program, ['version']).error === undefined
