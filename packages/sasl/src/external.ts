import type { Credentials, LoginContext } from './credentials.ts'
import { ask, fail, secureExchange } from './exchange.ts'
import type { Mechanism, Step } from './mechanism.ts'
import { decodeText, isField } from './text.ts'

/** EXTERNAL, RFC 4422 appendix A: the certificate of the TLS handshake logs in; the response is the identity to act as, or empty. */
export const external: Mechanism = {
  name: 'EXTERNAL',
  available: ({ certificates }, { channel }) => certificates !== undefined && channel?.certificate !== undefined,
  start: (credentials, context) =>
    secureExchange(context, (response) => (response === undefined ? ask('') : check(response, credentials, context))),
}

async function check(response: Uint8Array, { certificates }: Credentials, context: LoginContext): Promise<Step> {
  const authorize = decodeText(response)
  const certificate = context.channel?.certificate
  if (authorize === undefined || (authorize !== '' && !isField(authorize))) return fail('malformed')
  if (certificates === undefined || certificate === undefined) return fail('bad-credentials')
  return { kind: 'done', result: await certificates.checkCertificate(certificate, authorize, context) }
}
