import { Readable } from 'node:stream'
import type { DnsAnswer, DnsType } from '@mailstead/resolver'
import { arc } from 'mailauth/lib/arc/index.js'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js'
import { spf } from 'mailauth/lib/spf/index.js'
import { MAX_SIGNATURES, SPF_TIME } from '../limits.ts'
import type { ArrivalFacts, Authentication, SpfResult, Surroundings } from './facts.ts'
import { resultsValue } from './results.ts'

/**
 * SPF, DKIM, ARC and DMARC of a message (RFC 7208, 6376, 8617, 9989), by mailauth. Reads it once. Takes as long as DNS and the message make
 * it: runs in a thread of its own.
 */
export async function authenticate(arrival: ArrivalFacts, around: Surroundings): Promise<Authentication> {
  const { address, heloName, mailFrom, hostName } = arrival
  const resolver = resolverOver(around)
  const [signatures, sender] = await Promise.all([
    // RFC 8301 section 3.1: what SHA-1 signs is not signed.
    dkimVerify(Readable.from(octetsOf(around)), { resolver, sender: mailFrom, rejectRsaSha1: true }),
    spf({ ip: address, helo: heloName, sender: mailFrom, mta: hostName, resolver, maxElapsedTime: SPF_TIME }),
  ])
  const chain = await arc((signatures as unknown as { arc: Parameters<typeof arc>[0] }).arc, { resolver })
  const passed = signatures.results.filter(({ status }) => status.result === 'pass')
  const { response } = await evaluateDmarc({
    headerFrom: signatures.headerFrom,
    fromFields: signatures.fromFields,
    spfDomains: sender.status.result === 'pass' ? [sender.domain] : [],
    dkimDomains: passed.map(({ id, signingDomain, status }) => ({
      id: id ?? '',
      domain: signingDomain ?? '',
      aligned: status.aligned,
      underSized: status.underSized,
    })),
    arcResult: chain,
    resolver,
  } as Parameters<typeof evaluateDmarc>[0])
  // mailauth leaves the policy out where DNS did not tell it, whatever its types say.
  const policy = response === false ? undefined : (response as typeof response & { policy: string | undefined })
  const told = [...signatures.results.slice(0, MAX_SIGNATURES), sender, chain, ...(policy === undefined ? [] : [policy])]
  return {
    spf: { domain: sender.domain, result: sender.status.result as SpfResult },
    dkim: signatures.results
      .slice(0, MAX_SIGNATURES)
      .map(({ signingDomain = '', status }) => ({ domain: signingDomain, result: status.result })),
    dmarc: policy === undefined ? undefined : { domain: policy.domain, result: policy.status.result, policy: policy.policy ?? 'none' },
    arc: chain.status.result === 'pass' || chain.status.result === 'fail' ? chain.status.result : 'none',
    results: resultsValue(
      hostName,
      told.map(({ info }) => info),
    ),
  }
}

async function* octetsOf(around: Surroundings): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const octets = await around.read(at)
    if (octets.length === 0) return
    at += octets.length
    yield Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
  }
}

type Resolve = NonNullable<NonNullable<Parameters<typeof dkimVerify>[1]>['resolver']>

const TYPES: ReadonlySet<string> = new Set<DnsType>(['A', 'AAAA', 'MX', 'TXT', 'PTR'])

/** Our answers in the shape of Node's resolver, which mailauth is made for. */
function resolverOver(around: Surroundings): Resolve {
  const resolve = async (name: string, type: string): Promise<unknown[]> => {
    if (!TYPES.has(type)) throw coded('ENODATA')
    return shaped(type, await around.look(type as DnsType, name))
  }
  return resolve as Resolve
}

function shaped(type: string, answer: DnsAnswer<unknown>): unknown[] {
  if (answer.kind === 'failed') throw coded(answer.reason === 'timeout' ? 'ETIMEOUT' : 'ESERVFAIL')
  if (answer.kind === 'none') throw coded(answer.reason === 'no-such-name' ? 'ENOTFOUND' : 'ENODATA')
  if (type === 'TXT') return answer.records.map((text) => [text])
  if (type !== 'MX') return [...answer.records]
  return (answer.records as readonly { preference: number; exchange: string }[]).map(({ preference, exchange }) => ({
    priority: preference,
    exchange,
  }))
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code })
}
