import type { Timer } from '@mailstead/base'
import type { SmtpConnection } from '../client/connection.ts'
import type { Hop } from '../routing/hops.ts'

/** A connection, and what it was made for. */
export interface Session {
  readonly connection: SmtpConnection
  readonly hop: Hop
  /** Host name and address, for diagnoses. */
  readonly peer: string
  readonly address: string
  /** It was opened for messages that require TLS, which ask more of a server than others. */
  readonly strict: boolean
  /** Messages carried. */
  carried: number
  /** While it has no work. */
  idle?: Timer
}
