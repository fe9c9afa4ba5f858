import { constants, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { TlsError } from '../errors.ts'
import { SESSION_LIFE } from '../limits.ts'

/** Forward secret and authenticated only; clients that cannot do that cannot do TLS 1.2 properly either. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** What is served from one moment to the next reload. */
export interface ServerCertificate {
  readonly context: SecureContext
  /** The same, with client certificates that these authorities (PEM) have signed. */
  accepting(clientCa: readonly string[]): SecureContext
  readonly leaf: X509Certificate
}

/** Certificate with its chain and key, PEM. Throws `TlsError` `invalid` that names `where`. */
export function serverCertificate(certificate: string, key: string, where: string): ServerCertificate {
  try {
    const leaf = new X509Certificate(certificate)
    const options: SecureContextOptions = {
      cert: certificate,
      key,
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      sessionIdContext: 'mailstead',
      sessionTimeout: SESSION_LIFE,
    }
    return { context: createSecureContext(options), accepting: (ca) => createSecureContext({ ...options, ca: [...ca] }), leaf }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new TlsError('invalid', `${where} is not a PEM certificate with its key (${why}): put a matching pair there`, { cause: error })
  }
}
