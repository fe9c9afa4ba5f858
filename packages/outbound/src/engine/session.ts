import type { Timer } from '@mailstead/base'
import type { SmtpConnection } from '../client/connection.ts'
import type { Hop } from '../routing/hops.ts'
import type { TlsDemand } from '../tls/demand.ts'

/** A connection, and what it was made for. */
export interface Session {
  readonly connection: SmtpConnection
  readonly hop: Hop
  /** Host name and address, for diagnoses. */
  readonly peer: string
  readonly address: string
  /** Of the message that it was opened for. */
  readonly demand: TlsDemand
  /** Messages carried. */
  carried: number
  /** While it has no work. */
  idle?: Timer
}
