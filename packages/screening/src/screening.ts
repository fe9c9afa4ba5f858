import { Networks } from '@mailstead/base'
import type { Policy } from '@mailstead/delivery'
import { Authenticator } from './authentication/authenticator.ts'
import { Greylisting } from './greylisting.ts'
import { sharedNetwork, OWN_NETWORKS } from './network.ts'
import type { ScreeningOptions } from './options.ts'
import { SoundResolver } from './sound-resolver.ts'
import { Suspects } from './suspects.ts'
import { ThrottledResolver } from './throttled-resolver.ts'
import { StrangerVisit, type VisitContext } from './visit.ts'

/** `close`: ends what runs for it; nobody is asked any more. */
export interface Screening extends Policy {
  close(): void
}

/** Judges strangers by their host, what they call themselves, and where their mail says it comes from. */
export function createScreening(options: ScreeningOptions): Screening {
  const { clock, greylist, greylistDelay: delay, log } = options
  const trusted = new Networks(options.trusted)
  const listResolver = new SoundResolver(options.resolver, log, clock)
  const resolver = new ThrottledResolver(listResolver)
  const authenticator = options.checks.authentication ? new Authenticator({ resolver, log, clock }) : undefined
  const context: VisitContext = {
    ...options,
    resolver,
    listResolver,
    authenticator,
    suspects: new Suspects(clock),
    greylisting: delay === 0 ? undefined : new Greylisting({ greylist, clock, delay }),
  }
  return {
    visit({ session, address }) {
      if (OWN_NETWORKS.has(address) || trusted.has(address)) return undefined
      return new StrangerVisit(context, { address, network: sharedNetwork(address) }, log.child({ session }))
    },
    close: () => authenticator?.close(),
  }
}
