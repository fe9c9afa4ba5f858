import { decode, encode, type DecodedPacket, type Question } from 'dns-packet'
import { MAX_NEGATIVE_LIFE, NEGATIVE_LIFE, UDP_SIZE } from './limits.ts'
import type { DnsFailure, DnsType, RecordData } from './answer.ts'

const RECURSION_DESIRED = 1 << 8
/** RFC 6840 section 5.7: tell us whether it is authenticated. */
const AUTHENTIC_DATA = 1 << 5

export interface DnsQuestion {
  readonly id: number
  readonly type: DnsType
  readonly name: string
}

/** What one answer says of its question. Lives in ms. */
export type Reading =
  /** `name`: whose they are, once CNAMEs are followed. */
  | {
      readonly kind: 'records'
      readonly name: string
      readonly records: readonly RecordData[DnsType][]
      readonly authentic: boolean
      readonly life: number
    }
  | {
      readonly kind: 'none'
      readonly reason: 'no-such-name' | 'no-such-record'
      readonly authentic: boolean
      readonly life: number
    }
  /** The name stands for another one, and the server did not look that one up. */
  | { readonly kind: 'alias'; readonly name: string; readonly authentic: boolean; readonly life: number }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'failed'; readonly reason: DnsFailure }

export function encodeQuestion({ id, type, name }: DnsQuestion): Buffer {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ type, name }],
    additionals: [
      { type: 'OPT', name: '.', udpPayloadSize: UDP_SIZE, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
    ],
  })
}

/** `undefined`: an answer to something else, late or forged. */
export function readAnswer(octets: Uint8Array, question: DnsQuestion): Reading | undefined {
  let packet: DecodedPacket & { readonly rcode?: string }
  try {
    packet = decode(Buffer.from(octets.buffer, octets.byteOffset, octets.length))
  } catch {
    return undefined
  }
  if (packet.type !== 'response' || packet.id !== question.id || !repeats(packet.questions, question)) return undefined
  if (packet.flag_tc) return { kind: 'truncated' }
  if (packet.rcode === 'SERVFAIL') return { kind: 'failed', reason: 'server-failure' }
  if (packet.rcode !== 'NOERROR' && packet.rcode !== 'NXDOMAIN') return { kind: 'failed', reason: 'refused' }
  return read(packet, question, packet.rcode === 'NXDOMAIN')
}

function repeats(questions: readonly Question[] | undefined, { type, name }: DnsQuestion): boolean {
  const [first] = questions ?? []
  return questions?.length === 1 && first?.type === type && plain(first.name) === name
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '')

function read(
  { answers = [], authorities = [], flag_ad: authentic }: DecodedPacket,
  { type, name }: DnsQuestion,
  noName: boolean,
): Reading {
  let target = name
  let life = Number.POSITIVE_INFINITY
  // Followed by hand: other records in the answer are none of ours.
  const aliases = new Map(answers.flatMap((each) => (each.type === 'CNAME' && type !== 'CNAME' ? [[plain(each.name), each] as const] : [])))
  for (let alias = aliases.get(target); alias !== undefined; alias = aliases.get(target)) {
    aliases.delete(target)
    target = plain(alias.data)
    life = Math.min(life, (alias.ttl ?? 0) * 1000)
  }
  const records: RecordData[DnsType][] = []
  for (const each of answers) {
    if (each.type !== type || plain(each.name) !== target || !('data' in each)) continue
    records.push(DATA[type](each.data))
    life = Math.min(life, ('ttl' in each ? (each.ttl ?? 0) : 0) * 1000)
  }
  if (records.length > 0) return { kind: 'records', name: target, records, authentic, life }
  if (!noName && target !== name) return { kind: 'alias', name: target, authentic, life }
  const reason = noName ? 'no-such-name' : 'no-such-record'
  return { kind: 'none', reason, authentic, life: Math.min(life, negativeLife(authorities)) }
}

/** RFC 2308 section 5. */
function negativeLife(authorities: DecodedPacket['authorities']): number {
  for (const each of authorities ?? []) {
    if (each.type === 'SOA') return Math.min((each.ttl ?? 0) * 1000, (each.data.minimum ?? 0) * 1000, MAX_NEGATIVE_LIFE)
  }
  return NEGATIVE_LIFE
}

interface RawTlsa {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  readonly certificate: Buffer
}

/** From the library's data, whose shape it has checked. */
const DATA: { readonly [T in DnsType]: (data: unknown) => RecordData[T] } = {
  A: (data) => data as string,
  AAAA: (data) => data as string,
  PTR: (data) => plain(data as string),
  CNAME: (data) => plain(data as string),
  MX(data) {
    const { preference = 0, exchange } = data as { preference?: number; exchange: string }
    return { preference, exchange: plain(exchange) }
  },
  TXT: (data) =>
    [data as Buffer | readonly Buffer[]]
      .flat()
      .map((part) => part.toString('latin1'))
      .join(''),
  TLSA(data) {
    const { usage, selector, matchingType, certificate } = data as RawTlsa
    return { usage, selector, matching: matchingType, data: new Uint8Array(certificate) }
  },
}
