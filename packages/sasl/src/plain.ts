import type { LoginContext, Credentials } from './credentials.ts'
import type { Mechanism, Step } from './mechanism.ts'
import { ask, fail, secureExchange } from './exchange.ts'
import { decodeText, isField } from './text.ts'

/**
 * PLAIN, RFC 4616: message = [authzid] NUL authcid NUL passwd. Whether authzid may be acted as is the answer of
 * `Credentials`; an empty one means the login's own identity.
 */
export const plain: Mechanism = {
  name: 'PLAIN',
  available: () => true,
  start: (credentials, context) =>
    secureExchange(context, (response) => (response === undefined ? ask('') : check(response, credentials, context))),
}

async function check(response: Uint8Array, credentials: Credentials, context: LoginContext): Promise<Step> {
  const parts = decodeText(response)?.split('\0') ?? []
  const [authzid = '', authcid = '', passwd = ''] = parts
  if (parts.length !== 3 || !isField(authcid) || !isField(passwd) || (authzid !== '' && !isField(authzid))) return fail('malformed')
  return { kind: 'done', result: await credentials.checkPassword(authcid, passwd, authzid, context) }
}
