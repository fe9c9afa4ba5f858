import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { decode, encode, type Answer, type Packet } from 'dns-packet'
import type { DnsServer } from '../src/index.ts'

const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const
const AD = 1 << 5
const TC = 1 << 9

export interface Said {
  readonly answers?: readonly Answer[]
  readonly authorities?: readonly Answer[]
  readonly rcode?: keyof typeof RCODES
  readonly authentic?: boolean
  readonly truncated?: boolean
  /** Instead of the question that was asked. */
  readonly name?: string
  /** Added to the question's id. */
  readonly idOff?: number
}

export interface FakeServer extends DnsServer {
  /** `TYPE name`, or `tcp TYPE name`. */
  readonly asked: string[]
}

/** A name server, on a free port of loopback unless another place is given. `says` gives the answers to one question, each a datagram of its own; none: it is silent. */
export async function fakeServer(
  t: Pick<TestContext, 'after'>,
  says: (question: string, tcp: boolean) => readonly Said[],
  place: DnsServer = { address: '127.0.0.1', port: 0 },
): Promise<FakeServer> {
  const asked: string[] = []
  const answers = (octets: Buffer, tcp: boolean): Buffer[] => {
    const packet = decode(octets)
    const [question] = packet.questions ?? []
    if (question === undefined) return []
    const text = `${question.type} ${question.name}`
    asked.push(tcp ? `tcp ${text}` : text)
    return says(text, tcp).map(({ rcode = 'NOERROR', idOff = 0, ...said }) => {
      const answer: Packet = {
        type: 'response',
        id: ((packet.id ?? 0) + idOff) & 0xffff,
        flags: 0x0180 | RCODES[rcode] | (said.authentic === true ? AD : 0) | (said.truncated === true ? TC : 0),
        questions: [{ ...question, name: said.name ?? question.name }],
        answers: [...(said.answers ?? [])],
        authorities: [...(said.authorities ?? [])],
      }
      return encode(answer)
    })
  }
  const tcp = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (octets) => {
      for (const answer of answers(octets.subarray(2), true)) {
        // In pieces, as a network might bring it.
        const whole = Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer])
        socket.write(whole.subarray(0, 1))
        setImmediate(() => socket.end(whole.subarray(1)))
      }
    })
  })
  tcp.listen(place.port, place.address)
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  udp.on('message', (octets, from) => {
    for (const answer of answers(octets, false)) udp.send(answer, from.port, from.address)
  })
  udp.bind(port, place.address)
  await once(udp, 'listening')
  t.after(() => {
    udp.close()
    tcp.close()
  })
  return { address: place.address, port, asked }
}
