import { QueueFullError, type Clock } from '@mailstead/base'
import type { LoginContext, TokenCredentials, TokenError, TokenResult } from '@mailstead/sasl'
import type { Doorkeeper } from './doorkeeper.ts'
import { MAX_TOKEN } from './limits.ts'
import { IntrospectedTokens, type IntrospectedTokensOptions } from './tokens/introspected-tokens.ts'
import { SignedTokens, type SignedTokensOptions } from './tokens/signed-tokens.ts'
import { hasScope, ProviderError, type Claims, type TokenVerifier } from './tokens/token.ts'

export interface TokenOptions {
  readonly provider: ({ readonly kind: 'jwks' } & SignedTokensOptions) | ({ readonly kind: 'introspection' } & IntrospectedTokensOptions)
  /** The claim that holds the account's address. */
  readonly accountClaim: string
  /** What a token has to be good for. */
  readonly scope: string | undefined
  /** Where clients learn how to get a token: OpenID Connect Discovery. */
  readonly discoveryUrl: string | undefined
}

/** RFC 6750 section 2.1. */
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/** Answers OAUTHBEARER and XOAUTH2: the provider vouches for an address, and the account of that address logs in. */
export class TokenLogin implements TokenCredentials {
  readonly #door: Doorkeeper
  readonly #verifier: TokenVerifier
  readonly #options: TokenOptions

  constructor(door: Doorkeeper, options: TokenOptions, clock: Clock) {
    const { provider } = options
    this.#door = door
    this.#verifier = provider.kind === 'jwks' ? new SignedTokens(provider, clock) : new IntrospectedTokens(provider, clock)
    this.#options = options
  }

  async checkToken(token: string, authorize: string, context: LoginContext): Promise<TokenResult> {
    try {
      return await this.#check(token, authorize, context)
    } catch (error) {
      if (error instanceof QueueFullError) return this.#door.refuse('busy', authorize, 'too many tokens wait for the provider', context)
      if (error instanceof ProviderError) return this.#door.refuse('unavailable', authorize, error.message, context)
      return this.#door.failed(error, authorize, context)
    }
  }

  async #check(token: string, authorize: string, context: LoginContext): Promise<TokenResult> {
    const refuse = (reason: string, status: TokenError['status'] = 'invalid_token'): TokenResult => ({
      ...this.#door.refuse('bad-credentials', authorize, `token: ${reason}`, context),
      error: this.#error(status),
    })
    if (token === '') return refuse('none')
    if (token.length > MAX_TOKEN || !B64TOKEN.test(token)) return refuse('no bearer token')
    const verdict = await this.#verifier.verify(token)
    if (!verdict.ok) return refuse(verdict.reason)
    const { scope, accountClaim } = this.#options
    if (scope !== undefined && !hasScope(verdict.claims, scope)) return refuse(`without the scope ${scope}`, 'insufficient_scope')
    const address = addressIn(verdict.claims, accountClaim)
    if (address === undefined) return refuse(`no address in ${accountClaim}`)
    const account = await this.#door.find(address)
    if (account === undefined) return refuse(`${address} is no account`)
    const result = await this.#door.admit({ account, login: address, authorize, credential: undefined }, context)
    return result.ok || result.failure !== 'bad-credentials' ? result : { ...result, error: this.#error('invalid_token') }
  }

  #error(status: TokenError['status']): TokenError {
    const { scope, discoveryUrl } = this.#options
    return {
      status,
      ...(scope === undefined ? {} : { scope }),
      ...(discoveryUrl === undefined ? {} : { 'openid-configuration': discoveryUrl }),
    }
  }
}

/** Not a local part alone, which would be whoever has it in the default domain. An address that nobody has checked is nobody's word. */
function addressIn(claims: Claims, name: string): string | undefined {
  const address = claims[name]
  const unchecked =
    name === 'email' && claims['email_verified'] !== undefined && claims['email_verified'] !== true && claims['email_verified'] !== 'true'
  return typeof address === 'string' && address.includes('@') && !unchecked ? address : undefined
}
