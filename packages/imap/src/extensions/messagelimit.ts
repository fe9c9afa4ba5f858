import type { Extension } from '../command.ts'
import { COST, type SearchKey } from '../search/key.ts'

function uidKey(name: string, test: (uid: number, target: number) => boolean): SearchKey {
  return {
    name,
    parse({ d }) {
      d.space()
      const target = d.nzNumber()
      return {
        cost: COST.memory,
        bind:
          () =>
          ({ uid }) =>
            test(uid, target),
      }
    },
  }
}

/**
 * RFC 9738. Clients that know it stay below the limit by themselves. Nobody else is held to it, which section 4.2 allows: a
 * client that does not know it would take a part of what it asked for to be all.
 */
export const messageLimit: Extension = {
  capability: 'MESSAGELIMIT',
  value: ({ messagesAtOnce }) => messagesAtOnce,
  rfc: 9738,
  summary: 'Tells how many messages one command had better name at most; SEARCH for UIDs above or below another',
  searchKeys: [uidKey('UIDAFTER', (uid, target) => uid > target), uidKey('UIDBEFORE', (uid, target) => uid < target)],
}
