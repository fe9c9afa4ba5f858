import { createSocket } from 'node:dgram'
import { isIPv6, connect } from 'node:net'
import type { Clock, Endpoint } from '@mailstead/base'
import { TCP_SIZE } from './limits.ts'
import { encodeQuestion, readAnswer, type DnsQuestion, type Reading } from './message.ts'

export type DnsServer = Endpoint

export interface AskOptions {
  readonly clock: Clock
  /** ms for each way of asking. */
  readonly serverTime: number
  /** What gives up a question that is under way, while it is. */
  readonly underWay: Set<() => void>
}

const TIMEOUT: Reading = { kind: 'failed', reason: 'timeout' }
const MALFORMED: Reading = { kind: 'failed', reason: 'malformed' }

/** Asks one server, by UDP and, when the answer is too long for that, by TCP (RFC 7766). Never rejects. */
export async function ask(server: DnsServer, question: DnsQuestion, options: AskOptions): Promise<Reading> {
  const reading = await byUdp(server, question, options)
  return reading.kind === 'truncated' ? byTcp(server, question, options) : reading
}

/** A port of its own for each question, and only the server's octets: what comes from elsewhere the kernel drops (RFC 5452 section 9). */
function byUdp({ address, port }: DnsServer, question: DnsQuestion, { clock, serverTime, underWay }: AskOptions): Promise<Reading> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    const end = (reading: Reading): void => {
      timer.cancel()
      underWay.delete(giveUp)
      socket.removeAllListeners().on('error', () => {})
      socket.close()
      resolve(reading)
    }
    const giveUp = (): void => end(TIMEOUT)
    const timer = clock.after(serverTime, giveUp)
    underWay.add(giveUp)
    socket.on('error', () => end(TIMEOUT))
    socket.on('message', (octets) => {
      const reading = readAnswer(octets, question)
      // Something else may come before the answer.
      if (reading !== undefined) end(reading)
    })
    socket.connect(port, address, () => socket.send(encodeQuestion(question)))
  })
}

function byTcp({ address, port }: DnsServer, question: DnsQuestion, { clock, serverTime, underWay }: AskOptions): Promise<Reading> {
  return new Promise((resolve) => {
    const socket = connect(port, address)
    let came: Buffer = Buffer.alloc(0)
    const end = (reading: Reading): void => {
      timer.cancel()
      underWay.delete(giveUp)
      socket.destroy()
      resolve(reading)
    }
    const giveUp = (): void => end(TIMEOUT)
    const timer = clock.after(serverTime, giveUp)
    underWay.add(giveUp)
    socket.on('error', () => end(TIMEOUT))
    socket.on('end', () => end(MALFORMED))
    socket.on('connect', () => {
      const octets = encodeQuestion(question)
      socket.write(Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 0xff]), octets]))
    })
    socket.on('data', (octets: Buffer) => {
      came = Buffer.concat([came, octets])
      const size = came.length < 2 ? TCP_SIZE : came.readUInt16BE(0)
      if (came.length < size + 2) return
      const reading = readAnswer(came.subarray(2, size + 2), question)
      end(reading === undefined || reading.kind === 'truncated' ? MALFORMED : reading)
    })
  })
}
