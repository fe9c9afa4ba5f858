import { verify } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock } from '@mailstead/base'
import { CLOCK_LEEWAY } from '../limits.ts'
import { KeySet, type Algorithm, type SigningKey } from './key-set.ts'
import { objection, type Claims, type TokenVerifier, type Verdict } from './token.ts'

/** Off the event loop: an RSA key may be long. */
const verifySignature = promisify(verify)

/** node:crypto's name of the hash; Ed25519 brings its own. */
const HASH = { RS256: 'sha256', ES256: 'sha256', EdDSA: null } as const satisfies Record<Algorithm, string | null>

/** RFC 9068 section 2.1, and what issues plain JWTs. A logout token or the like is signed by the same keys. */
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt'])

export interface SignedTokensOptions {
  readonly jwksUrl: string
  readonly issuer: string
  readonly audience: string
}

/** Tokens that are JWTs (RFC 7519) signed by the provider; who fetched its keys needs not ask it again. */
export class SignedTokens implements TokenVerifier {
  readonly #options: SignedTokensOptions
  readonly #clock: Clock
  readonly #keys: KeySet

  constructor(options: SignedTokensOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#keys = new KeySet(options.jwksUrl, clock)
  }

  async verify(token: string): Promise<Verdict> {
    const [head = '', body = '', signature = '', ...more] = token.split('.')
    const header = parsePart(head)
    const claims = parsePart(body)
    if (header === undefined || claims === undefined || more.length > 0) return bad('no signed JWT')
    const { alg, kid, typ, crit } = header
    if (!isAlgorithm(alg)) return bad('signed by an algorithm that is not taken')
    if (crit !== undefined || !TYPES.has(typeof typ === 'string' ? typ.toLowerCase() : typ)) return bad('a JWT of another kind')
    // The claims are looked at first: a token of somebody else's is no reason to fetch keys.
    const { issuer, audience } = this.#options
    const wrong = objection(claims, ['exp', 'iss', 'aud'], { issuer, audience, now: this.#clock.now(), leeway: CLOCK_LEEWAY })
    if (wrong !== undefined) return bad(wrong)
    const keys = await this.#keys.candidates(typeof kid === 'string' ? kid : undefined, alg)
    if (keys.length === 0) return bad('signed by an unknown key')
    const signed = Buffer.from(`${head}.${body}`)
    for (const key of keys) if (await isSigned(signed, key, Buffer.from(signature, 'base64url'))) return { ok: true, claims }
    return bad('the signature does not fit')
  }
}

const bad = (reason: string): Verdict => ({ ok: false, reason })

const isAlgorithm = (name: unknown): name is Algorithm => typeof name === 'string' && Object.hasOwn(HASH, name)

/** RFC 7518 section 3.4: R and S side by side, not in DER. */
function isSigned(signed: Buffer, { key, algorithm }: SigningKey, signature: Buffer): Promise<boolean> {
  return verifySignature(HASH[algorithm], signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

function parsePart(part: string): Claims | undefined {
  if (!/^[\w-]+$/.test(part)) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined
  } catch {
    return undefined
  }
}
