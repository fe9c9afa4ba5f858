import type { Credentials, LoginConnection } from './credentials.ts'
import { external } from './external.ts'
import { login } from './login.ts'
import type { Mechanism } from './mechanism.ts'
import { oauthBearer, xoauth2 } from './oauth.ts'
import { plain } from './plain.ts'
import { scram } from './scram/scram.ts'

/**
 * In the order of announcement: clients that take the first get the better one. Tokens and certificates come last,
 * because who has them asks for them by name.
 */
const MECHANISMS: readonly Mechanism[] = [
  scram('SHA-256', 'PLUS'),
  scram('SHA-256'),
  scram('SHA-1', 'PLUS'),
  scram('SHA-1'),
  plain,
  login,
  external,
  oauthBearer,
  xoauth2,
]

/** What may be announced on a connection now. */
export function mechanismsFor(credentials: Credentials, connection: LoginConnection): Mechanism[] {
  return MECHANISMS.filter((mechanism) => connection.secure && mechanism.available(credentials, connection))
}

/** By its name in any case. In clear, where none may be used, any of them: its exchange then ends with `encryption-required`. */
export function findMechanism(name: string, credentials: Credentials, connection: LoginConnection): Mechanism | undefined {
  const wanted = name.toUpperCase()
  const found = MECHANISMS.find((mechanism) => mechanism.name === wanted)
  return !connection.secure || found?.available(credentials, connection) === true ? found : undefined
}
