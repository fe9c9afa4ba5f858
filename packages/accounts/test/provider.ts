import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export const ISSUER = 'https://id.example.org'
export const AUDIENCE = 'mail'

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA'

/** A key pair of the provider. */
export interface Signer {
  readonly id: string
  readonly algorithm: Algorithm
  readonly privateKey: KeyObject
  readonly jwk: Record<string, unknown>
}

export function signer(algorithm: Algorithm, id: string = randomUUID()): Signer {
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
  return { id, algorithm, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: id, use: 'sig', alg: algorithm } }
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JWT as the provider would sign it; `header` changes what stands in its head. */
export function jwt({ id, algorithm, privateKey }: Signer, claims: object, header: object = {}): string {
  const signed = `${base64url({ alg: algorithm, kid: id, typ: 'at+jwt', ...header })}.${base64url(claims)}`
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  return `${signed}.${sign(hash, Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

export interface Provider {
  readonly url: string
  /** What it answers next; `undefined`: nothing at all. */
  answer: (
    request: IncomingMessage,
    body: string,
  ) => { readonly status?: number; readonly body: string; readonly location?: string } | undefined
  /** Requests so far: method, headers and body. */
  readonly asked: { readonly method: string; readonly authorization: string; readonly body: string }[]
}

/** A token provider on a free port of this machine. */
export async function provider(t: Pick<TestContext, 'after'>): Promise<Provider> {
  const asked: { method: string; authorization: string; body: string }[] = []
  const server = createServer((request, response) => {
    void request
      .setEncoding('utf8')
      .toArray()
      .then((pieces) => {
        const body = pieces.join('')
        asked.push({ method: request.method ?? '', authorization: request.headers.authorization ?? '', body })
        const answer = own.answer(request, body)
        if (answer === undefined) return
        const { status = 200, location } = answer
        response.writeHead(status, { 'content-type': 'application/json', ...(location === undefined ? {} : { location }) })
        response.end(answer.body)
      })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const own: Provider = { url: `http://127.0.0.1:${port}/`, answer: () => ({ body: '{}' }), asked }
  return own
}

/** A key set that holds these. */
export const keySet = (...signers: readonly Pick<Signer, 'jwk'>[]): string => JSON.stringify({ keys: signers.map(({ jwk }) => jwk) })
