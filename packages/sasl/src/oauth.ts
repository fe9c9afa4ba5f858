import type { Credentials, LoginContext, TokenError, TokenResult } from './credentials.ts'
import { ask, fail, secureExchange } from './exchange.ts'
import type { Mechanism, Step } from './mechanism.ts'
import { decodeText, isField } from './text.ts'

interface Presented {
  readonly authorize: string
  /** Empty: what a client sends that only asks for the scope (RFC 7628 section 4.3). */
  readonly token: string
}

/** Reads the client's message; `undefined` when it does not follow the grammar. */
type Parse = (text: string) => Presented | undefined

/** What the client is told when its token is of no use, before the failure itself. */
type Describe = (error: TokenError) => object

/**
 * RFC 7628 section 5: never without TLS, whatever the configuration excuses. `host` and `port` are not compared: behind
 * address translation neither is known here, and the client has checked the certificate of the host that it means.
 */
function bearer(name: string, parse: Parse, describe: Describe): Mechanism {
  return {
    name,
    available: ({ tokens }, { channel }) => tokens !== undefined && channel !== undefined,
    start(credentials, context) {
      let refused: TokenResult | undefined
      return secureExchange(context, async (response): Promise<Step> => {
        // Section 3.2.3: the client answers the error with anything, and then it has failed.
        if (refused !== undefined) return { kind: 'done', result: refused }
        if (response === undefined) return ask('')
        const presented = parse(decodeText(response) ?? '')
        if (presented === undefined) return fail('malformed')
        const result = await check(presented, credentials, context)
        if (result.ok || !('error' in result)) return { kind: 'done', result }
        refused = { ok: false, failure: result.failure }
        return ask(JSON.stringify(describe(result.error)))
      })
    },
  }
}

async function check({ token, authorize }: Presented, { tokens }: Credentials, context: LoginContext): Promise<TokenResult> {
  return tokens === undefined ? { ok: false, failure: 'bad-credentials' } : tokens.checkToken(token, authorize, context)
}

/** OAUTHBEARER, RFC 7628. */
export const oauthBearer: Mechanism = bearer('OAUTHBEARER', parseOAuthBearer, (error) => error)

/** XOAUTH2: Google's forerunner of it, which Microsoft took over; many programs speak nothing else. */
export const xoauth2: Mechanism = bearer('XOAUTH2', parseXoauth2, ({ scope }) => ({
  status: '401',
  schemes: 'bearer',
  ...(scope === undefined ? {} : { scope }),
}))

/** gs2-header of RFC 5801 section 4 – channel binding cannot be had, so `p=` is no start – kvsep, pairs, kvsep. */
const CLIENT_RESPONSE = /^[ny],(?:a=([^,\0\x01]*))?,\x01((?:[A-Za-z]+=[\x20-\x7e\t\r\n]*\x01)*)\x01$/

function parseOAuthBearer(text: string): Presented | undefined {
  const [whole, authzid = '', pairs = ''] = CLIENT_RESPONSE.exec(text) ?? []
  if (whole === undefined || /=(?!2C|3D)/.test(authzid)) return undefined
  const authorize = authzid.replaceAll('=2C', ',').replaceAll('=3D', '=')
  const auth = pairs.split('\x01').filter((pair) => pair.startsWith('auth='))
  return auth.length === 1 ? presented(authorize, (auth[0] ?? '').slice('auth='.length)) : undefined
}

function parseXoauth2(text: string): Presented | undefined {
  const [whole, user = '', auth = ''] = /^user=([^\0\x01]*)\x01auth=([\x20-\x7e]*)\x01\x01$/.exec(text) ?? []
  return whole === undefined ? undefined : presented(user, auth)
}

/** The scheme in any case (RFC 7628 section 4). Another one is as good as no token. */
function presented(authorize: string, auth: string): Presented | undefined {
  if (authorize !== '' && !isField(authorize)) return undefined
  return { authorize, token: /^Bearer +(\S.*)$/i.exec(auth)?.[1]?.trimEnd() ?? '' }
}
