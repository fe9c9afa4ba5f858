/** What a token says; by the names of RFC 7519 section 4.1 and RFC 7662 section 2.2. */
export type Claims = Readonly<Record<string, unknown>>

/** A token is good and says this, or it is not, and the log is told why. */
export type Verdict = { readonly ok: true; readonly claims: Claims } | { readonly ok: false; readonly reason: string }

export interface TokenVerifier {
  /** Rejects with `ProviderError` when the provider gives no answer to go by. */
  verify(token: string): Promise<Verdict>
}

/** The provider cannot be reached, or says what makes no sense: no reason to call a token bad. */
export class ProviderError extends Error {
  override name = 'ProviderError'
}

/** What has to be true of claims, whoever vouches for them. Times in ms. */
export interface Expectation {
  readonly issuer: string | undefined
  readonly audience: string | undefined
  readonly now: number
  /** Clocks that do not agree. */
  readonly leeway: number
}

/** The first thing that is wrong; `undefined`: nothing. `required`: claims that may not be missing. */
export function objection(claims: Claims, required: readonly string[], { issuer, audience, now, leeway }: Expectation): string | undefined {
  const missing = required.find((name) => claims[name] === undefined)
  if (missing !== undefined) return `no claim ${missing}`
  const { exp, nbf, iss, aud } = claims
  for (const time of [exp, nbf]) if (time !== undefined && !Number.isFinite(time)) return 'a time that is no number'
  if (typeof exp === 'number' && exp * 1000 + leeway <= now) return 'expired'
  if (typeof nbf === 'number' && nbf * 1000 - leeway > now) return 'not valid yet'
  if (issuer !== undefined && iss !== undefined && iss !== issuer) return 'from another issuer'
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (audience !== undefined && aud !== undefined && !audiences.includes(audience)) return 'for another audience'
  return undefined
}

/** RFC 8693 section 4.2 has one text, others have a list. */
export function hasScope({ scope, scp }: Claims, wanted: string): boolean {
  const granted: unknown = scope ?? scp
  return (typeof granted === 'string' ? granted.split(' ') : Array.isArray(granted) ? granted : []).includes(wanted)
}
