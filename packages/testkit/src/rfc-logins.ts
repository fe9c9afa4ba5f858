import { makeVerifier, type Credentials, type Identity, type LoginResult, type ScramHash } from '@mailstead/sasl'

/** Salt and the server's part of the nonce in the examples of RFC 5802 section 5 and RFC 7677 section 3. */
const SCRAM: Record<ScramHash, { readonly salt: string; readonly nonce: string }> = {
  'SHA-1': { salt: 'QSXCR+Q6sek8bf92', nonce: '3rfcNHYJY1ZVvWVs7j' },
  'SHA-256': { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0' },
}

/** RFC 7628 section 4.1. */
const TOKEN = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=='

const ERROR = {
  status: 'invalid_token',
  scope: 'example_scope',
  'openid-configuration': 'https://example.com/.well-known/openid-configuration',
} as const

const refused: LoginResult = { ok: false, failure: 'bad-credentials' }

/** The world of the RFCs' examples: "user" with the password "pencil" and user@example.com with a token are the account given. */
export function rfcLogins(identity: Identity): Required<Pick<Credentials, 'scram' | 'tokens'>> {
  return {
    scram: {
      offers: () => true,
      async find(login, hash) {
        const { salt, nonce } = SCRAM[hash]
        return {
          ok: true,
          nonce,
          verifier: await makeVerifier(hash, 'pencil', Buffer.from(salt, 'base64'), 4096),
          conclude: async (verdict) => (verdict === 'proven' && login === 'user' ? { ok: true, identity } : refused),
        }
      },
    },
    tokens: {
      async checkToken(token, authorize) {
        if (token === TOKEN && authorize === 'user@example.com') return { ok: true, identity }
        return { ok: false, failure: 'bad-credentials', error: ERROR }
      },
    },
  }
}
