import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { Authority } from './certificates.ts'
import { hostOf, STS_CASES, type StsCase } from './sts-cases.ts'

const PATH = '/.well-known/mta-sts.txt'

/** Answers for the policy hosts of all cases. */
export async function servePolicies(
  address: string,
  servers: readonly { readonly label: string }[],
  authority: Authority,
  stranger: Authority,
): Promise<{ stop(): Promise<void> }> {
  const hosts = new Map<string, { readonly policy: string; readonly answer: StsCase['answer'] }>()
  for (const { label } of servers) {
    for (const { id, zone, policy, fits = true, answer } of STS_CASES) {
      const name = `${id}.${label}`
      hosts.set(`mta-sts.${name}.${zone === undefined ? '' : `${zone}.`}test`, { policy: policy(hostOf(name, fits)), answer })
    }
  }
  const contextOf = async (by: Authority, name: string): Promise<ReturnType<typeof createSecureContext>> => {
    const { key, chain } = await by.issue(name, [...hosts.keys()])
    return createSecureContext({ key: readFileSync(key), cert: readFileSync(chain) })
  }
  const [good, bad] = [await contextOf(authority, 'policies'), await contextOf(stranger, 'no-policies')]
  const server = createServer({
    SNICallback: (name, done) => done(null, hosts.get(name)?.answer?.stranger === true ? bad : good),
  })
  server.on('request', (request, response) => {
    const { policy = '', answer } = hosts.get(request.headers.host ?? '') ?? {}
    const status = policy !== '' && request.url === PATH ? (answer?.status ?? 200) : 404
    response.writeHead(status, { 'content-type': answer?.type ?? 'text/plain' })
    response.end(policy)
  })
  server.listen(443, address)
  await once(server, 'listening')
  return {
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
