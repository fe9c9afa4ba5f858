import type { Clock } from '@mailstead/base'
import type { Resolver } from '@mailstead/resolver'
import { MAX_STS_POLICY, STS_FETCH_TIME } from '../limits.ts'

export interface StsFetchOptions {
  readonly resolver: Resolver
  readonly clock: Clock
  /** 443, except in tests. */
  readonly port?: number
  /** Authorities in PEM instead of the known ones. */
  readonly authorities?: readonly string[]
  /** Gives up. */
  readonly signal?: AbortSignal
}

/** Result types of RFC 8460 section 4.3.2.2. */
export type StsFailure = 'sts-policy-fetch-error' | 'sts-policy-invalid' | 'sts-webpki-invalid'

/** There is no policy that holds. */
export class StsUnfit extends Error {
  override name = 'StsUnfit'
  readonly result: StsFailure

  constructor(result: StsFailure, message: string) {
    super(message)
    this.result = result
  }
}

/** What Node and OpenSSL call a certificate that does not do. */
const CERTIFICATE = /CERT|SIGNATURE|ISSUER|ALTNAME/

/** The text of a domain's policy. Rejects with StsUnfit; redirections are not followed (RFC 8461 section 3.3). */
export async function fetchStsPolicy(
  domain: string,
  { resolver, clock, port = 443, authorities, signal }: StsFetchOptions,
): Promise<string> {
  const host = `mta-sts.${domain}`
  const address = await addressOf(host, resolver)
  // Not before it is needed: it takes some 20 ms, and 7 MB.
  const { request } = await import('node:https')
  return new Promise((resolve, reject) => {
    const asked = request({
      host: address,
      port,
      servername: host,
      path: '/.well-known/mta-sts.txt',
      headers: { host, accept: 'text/plain' },
      agent: false,
      ...(signal === undefined ? {} : { signal }),
      ...(authorities === undefined ? {} : { ca: [...authorities] }),
    })
    const timer = clock.after(STS_FETCH_TIME, () => asked.destroy(unfetched('the policy took too long')))
    const end = (error?: Error, text = ''): void => {
      timer.cancel()
      if (error === undefined) resolve(text)
      else reject(error)
      asked.destroy()
    }
    asked.on('error', (error: NodeJS.ErrnoException) => {
      const result = CERTIFICATE.test(error.code ?? '') ? 'sts-webpki-invalid' : 'sts-policy-fetch-error'
      end(new StsUnfit(result, error.message))
    })
    asked.on('response', (response) => {
      const type = response.headers['content-type'] ?? ''
      if (response.statusCode !== 200) return end(unfetched(`the policy's server answers ${response.statusCode}`))
      if (!/^text\/plain\s*(?:;|$)/i.test(type)) return end(invalid(`the policy is ${type === '' ? 'of no type' : type}`))
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > MAX_STS_POLICY) end(invalid('the policy is too long'))
      })
      response.on('error', end)
      response.on('end', () => end(undefined, Buffer.concat(chunks).toString()))
    })
    asked.end()
  })
}

async function addressOf(host: string, resolver: Resolver): Promise<string> {
  const [v4, v6] = await Promise.all([resolver.look('A', host), resolver.look('AAAA', host)])
  for (const answer of [v4, v6]) {
    const [address] = answer.kind === 'records' ? answer.records : []
    if (address !== undefined) return address
  }
  throw unfetched(`${host} has no address`)
}

const unfetched = (message: string): StsUnfit => new StsUnfit('sts-policy-fetch-error', message)
const invalid = (message: string): StsUnfit => new StsUnfit('sts-policy-invalid', message)
