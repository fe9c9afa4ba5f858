import { command, noArguments, type TableEntry } from '../command.ts'
import { refresh } from './refresh.ts'

/** RFC 3501 section 6.1. */
export const anyState: readonly TableEntry[] = [
  command({
    name: 'CAPABILITY',
    state: 'any',
    sync: 'everything',
    parse: noArguments,
    run({ session, respond, peer, services }) {
      respond.untagged(peer.registry.capabilities(session, peer, services))
      return { text: 'That is what is offered' }
    },
  }),

  command({
    name: 'NOOP',
    state: 'any',
    sync: 'everything',
    parse: noArguments,
    async run({ session, respond }) {
      await refresh(session, respond)
      return { text: 'Nothing done' }
    },
  }),

  command({
    name: 'LOGOUT',
    state: 'any',
    sync: 'nothing',
    parse: noArguments,
    run({ respond }) {
      respond.bye('Goodbye')
      return { text: 'Logged out', after: 'close' }
    },
  }),
]
