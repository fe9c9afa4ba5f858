import type { Socket } from 'node:net'
import type { Clock } from '@mailstead/base'
import type { Consignment, Lane, QueueStore } from '@mailstead/store'
import { SmtpConnection } from '../client/connection.ts'
import type { TlsFacts } from '../client/handshake.ts'
import { HOLD_TIME, LANE_RECIPIENTS, LANES, LEASE } from '../limits.ts'
import type { Hops } from '../routing/hops.ts'
import { carry } from './carry.ts'
import type { Session } from './session.ts'
import type { Settler } from './settler.ts'
import { makeDue, waitingFor } from './waiting.ts'

/** A connection that somebody else made, and on which we are the client from now on. */
export interface Reversed {
  readonly socket: Socket
  /** The TLS that it has; the other side has logged in. */
  readonly tls: Omit<TlsFacts, 'authenticated'>
  /** Whoever is there, for the trace. */
  readonly peer: string
  readonly heloName: string
}

export interface OverContext {
  readonly queue: QueueStore
  readonly settler: Settler
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Mail of the domains over the connection, until there is none or the connection is over. Resolves to how many recipients were settled. */
export async function deliverOver(
  { socket, tls, peer, heloName }: Reversed,
  domains: readonly string[],
  context: OverContext,
): Promise<number> {
  const { queue, clock, signal } = context
  const connection = await SmtpConnection.open(
    socket,
    { host: peer, heloName, policy: { kind: 'clear' }, tls: { ...tls, authenticated: true }, clock },
    signal,
  )
  const stop = (): void => connection.destroy('stopped')
  signal.addEventListener('abort', stop)
  try {
    const { lanes } = await waitingFor(domains, queue, clock.now())
    // What an earlier run could not bring is due again.
    await makeDue(domains, queue, clock.now())
    return await run({ connection, hop: HOP, peer, address: peer, demand: 'required', carried: 0 }, lanes, context)
  } finally {
    signal.removeEventListener('abort', stop)
    await connection.quit()
  }
}

/** There is no other way to who fetches his mail. */
const HOP = { host: '', port: 0, addresses: [], lmtp: false, implicitTls: false, login: undefined, safety: { kind: 'literal' } } as const
const GONE: Hops = {
  kind: 'none',
  permanent: false,
  diagnosis: { status: '4.4.2', text: 'The connection over which the mail was fetched is over' },
}

async function run(session: Session, lanes: readonly Lane[], { queue, settler, clock, signal }: OverContext): Promise<number> {
  let settled = 0
  for (let at = 0; at < lanes.length;) {
    const now = clock.now()
    const claimed = await queue.claim(lanes.slice(at, at + LANES), now, now + LEASE, LANE_RECIPIENTS)
    if (claimed.length === 0) at += LANES
    for (const consignment of claimed) settler.begin(consignment)
    for (const [number, consignment] of claimed.entries()) {
      if (signal.aborted || !session.connection.reusable || !(await carried(consignment, session, settler))) {
        await Promise.all(claimed.slice(number).map((each) => settler.giveBack(each, clock.now() + HOLD_TIME)))
        return settled
      }
      settled += consignment.entries.length
    }
  }
  return settled
}

/** False: nothing of it is settled. */
async function carried(consignment: Consignment, session: Session, settler: Settler): Promise<boolean> {
  const message = await settler.prepare(consignment)
  if (message === undefined) return false
  const result = await carry(consignment, session, {
    ...settler.carrying(consignment, message),
    find: () => Promise.resolve(GONE),
    open: () => Promise.reject(new Error('no other connection')),
    leave: () => {},
  })
  if (result.kind === 'unreachable') return false
  settler.end(consignment)
  return true
}
