import { isIP } from 'node:net'
import { Networks, type Clock } from '@mailstead/base'
import type { Resolver } from '@mailstead/resolver'
import { POST_TIME } from './limits.ts'

export interface PostOptions {
  readonly resolver: Resolver
  readonly clock: Clock
  /** Gives up. */
  readonly signal: AbortSignal
  /** Whether an address may be written to. Default: those of the Internet, so that nobody has us knock on doors of this network. */
  readonly mayReach?: (address: string) => boolean
}

const NOT_OF_THE_INTERNET = new Networks(
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16 198.18.0.0/15 224.0.0.0/3'
    .split(' ')
    .concat('::/8 64:ff9b::/32 fc00::/7 fe80::/10 ff00::/8'.split(' ')),
)

/** Resolves once the report was taken (RFC 8460 section 5.4); rejects with an Error that says why it was not. Redirections are not followed. */
export async function postReport(url: URL, packed: Uint8Array, options: PostOptions): Promise<void> {
  const { clock, signal } = options
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const address = await addressOf(name, options)
  // Not before it is needed: it takes some 20 ms, and 7 MB.
  const { request } = await import('node:https')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const asked = request({
    method: 'POST',
    host: address,
    port: url.port === '' ? 443 : Number(url.port),
    ...(isIP(name) === 0 ? { servername: name } : {}),
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, 'content-type': 'application/tlsrpt+gzip', 'content-length': packed.length },
    agent: false,
    // Sections 3 and 7: a domain whose certificates are wrong is to hear of it.
    rejectUnauthorized: false,
    signal,
  })
  const timer = clock.after(POST_TIME, () => asked.destroy(new Error('the report took too long')))
  asked.on('error', reject)
  asked.on('response', ({ statusCode = 0 }) => {
    if (statusCode >= 200 && statusCode < 300) resolve()
    else reject(new Error(`the server answers ${statusCode}`))
  })
  asked.end(packed)
  try {
    await promise
  } finally {
    timer.cancel()
    asked.destroy()
  }
}

async function addressOf(name: string, { resolver, mayReach = isOfTheInternet }: PostOptions): Promise<string> {
  const answers = isIP(name) === 0 ? await Promise.all([resolver.look('A', name), resolver.look('AAAA', name)]) : []
  const addresses = isIP(name) === 0 ? answers.flatMap((answer) => (answer.kind === 'records' ? answer.records : [])) : [name]
  const [address] = addresses.filter((each) => mayReach(each))
  if (address !== undefined) return address
  throw new Error(addresses.length === 0 ? `${name} has no address` : `${name} is not on the Internet`)
}

const isOfTheInternet = (address: string): boolean => !NOT_OF_THE_INTERNET.has(address)
