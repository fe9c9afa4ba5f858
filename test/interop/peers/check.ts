import type { Pieces } from './pieces.ts'
import type { Relay } from './relay.ts'
import type { Site } from './site.ts'

/** What checks have to do with. */
export interface Peers {
  readonly site: Site
  readonly relays: readonly Relay[]
  readonly pieces: Pieces
}

/** One thing that has to work with one peer. Throws when it does not; a text says why it could not be tried. */
export interface Check {
  readonly name: string
  /** Programs that it cannot do without. */
  readonly programs?: readonly string[]
  readonly run: (peers: Peers) => Promise<string | undefined>
}
