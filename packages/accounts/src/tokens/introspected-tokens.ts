import { createHmac, randomBytes } from 'node:crypto'
import { Semaphore, type Clock } from '@mailstead/base'
import { CLOCK_LEEWAY, MAX_INTROSPECTIONS, MAX_KNOWN_TOKENS, MAX_WAITING_INTROSPECTIONS, TOKEN_LIFE } from '../limits.ts'
import { fetchJson } from './fetch-json.ts'
import { objection, type TokenVerifier, type Verdict } from './token.ts'

export interface IntrospectedTokensOptions {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly issuer: string | undefined
  readonly audience: string | undefined
}

/**
 * Tokens that only the provider can read: it is asked about each (RFC 7662). What it said of a good one holds for
 * `TOKEN_LIFE` at most (section 4), so that the connections a client opens together cost one question.
 */
export class IntrospectedTokens implements TokenVerifier {
  readonly #options: IntrospectedTokensOptions
  readonly #clock: Clock
  readonly #semaphore = new Semaphore(MAX_INTROSPECTIONS, MAX_WAITING_INTROSPECTIONS)
  /** Tokens are not kept: an HMAC under a key of this process stands for each. */
  readonly #key = randomBytes(32)
  /** Oldest first. */
  readonly #answers = new Map<string, { readonly verdict: Promise<Verdict>; readonly until: number }>()

  constructor(options: IntrospectedTokensOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  async verify(token: string): Promise<Verdict> {
    const digest = createHmac('sha256', this.#key).update(token).digest('base64')
    const known = this.#answers.get(digest)
    const verdict = known !== undefined && known.until > this.#clock.now() ? known.verdict : this.#remember(digest, token)
    const said = await verdict
    if (!said.ok) return said
    // Also of a remembered one: it may have expired since.
    const reason = this.#objection(said.claims)
    return reason === undefined ? said : { ok: false, reason }
  }

  #remember(digest: string, token: string): Promise<Verdict> {
    const verdict = this.#semaphore.run(() => this.#ask(token))
    this.#answers.delete(digest)
    this.#answers.set(digest, { verdict, until: this.#clock.now() + TOKEN_LIFE })
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MAX_KNOWN_TOKENS) break
      this.#answers.delete(oldest)
    }
    const forget = (): void => {
      if (this.#answers.get(digest)?.verdict === verdict) this.#answers.delete(digest)
    }
    verdict.then(({ ok }) => (ok ? undefined : forget()), forget)
    return verdict
  }

  async #ask(token: string): Promise<Verdict> {
    const { url, clientId, clientSecret } = this.#options
    const claims = await fetchJson(
      url,
      {
        method: 'POST',
        headers: { accept: 'application/json', authorization: `Basic ${basic(clientId, clientSecret)}` },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      },
      this.#clock,
    )
    return claims['active'] === true ? { ok: true, claims } : { ok: false, reason: 'the provider calls it inactive' }
  }

  #objection(claims: Readonly<Record<string, unknown>>): string | undefined {
    const { issuer, audience } = this.#options
    // RFC 7662 section 2.2 leaves them out as it likes; who configures an audience wants it to be there.
    return objection(claims, audience === undefined ? [] : ['aud'], { issuer, audience, now: this.#clock.now(), leeway: CLOCK_LEEWAY })
  }
}

/** RFC 6749 section 2.3.1: each is form-encoded before they are joined. */
function basic(id: string, secret: string): string {
  const encode = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2)
  return Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')
}
