import { request } from 'node:https'
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
}

/** The text of a domain's policy. Rejects with an Error that says why there is none; redirections are not followed (RFC 8461 section 3.3). */
export async function fetchStsPolicy(domain: string, { resolver, clock, port = 443, authorities }: StsFetchOptions): Promise<string> {
  const host = `mta-sts.${domain}`
  const address = await addressOf(host, resolver)
  return new Promise((resolve, reject) => {
    const asked = request({
      host: address,
      port,
      servername: host,
      path: '/.well-known/mta-sts.txt',
      headers: { host, accept: 'text/plain' },
      agent: false,
      ...(authorities === undefined ? {} : { ca: [...authorities] }),
    })
    const timer = clock.after(STS_FETCH_TIME, () => asked.destroy(new Error('the policy took too long')))
    const end = (error?: Error, text = ''): void => {
      timer.cancel()
      if (error === undefined) resolve(text)
      else reject(error)
      asked.destroy()
    }
    asked.on('error', end)
    asked.on('response', (response) => {
      const type = response.headers['content-type'] ?? ''
      if (response.statusCode !== 200) return end(new Error(`the policy's server answers ${response.statusCode}`))
      if (!/^text\/plain\s*(?:;|$)/i.test(type)) return end(new Error(`the policy is ${type === '' ? 'of no type' : type}`))
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > MAX_STS_POLICY) end(new Error('the policy is too long'))
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
  throw new Error(`${host} has no address`)
}
