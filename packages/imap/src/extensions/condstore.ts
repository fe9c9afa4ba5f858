import type { Uid } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import type { Extension } from '../command.ts'
import { modSeqAttribute } from '../fetch/items.ts'
import { plainItem } from '../fetch/item.ts'
import { enableModSeqs, parseModSeq } from '../modseq.ts'
import { COST } from '../search/key.ts'

/** search-modseq-ext = SP entry-name SP entry-type-req. One modseq stands for all that a message has, so that they are passed over (RFC 7162 section 3.1.5). */
function skipEntry(d: ImapDecoder): void {
  if (d.peek() !== '"') return
  if (!/^\/flags\/\\?[^\\]+$/i.test(d.string())) d.fail('the entry of a flag before here')
  d.space()
  if (!['PRIV', 'SHARED', 'ALL'].includes(d.word())) d.fail('priv, shared or all before here')
  d.space()
}

/**
 * RFC 7162 section 3.1. STORE and SEARCH know modseqs themselves, and so does the view that tells of others' changes; here is
 * what a client can ask for. Every mailbox has modseqs, so NOMODSEQ is never said.
 */
export const condstore: Extension = {
  capability: 'CONDSTORE',
  rfc: 7162,
  summary: 'Each change of a message has a number: clients learn what changed since, and store flags unless others were faster',
  enable: enableModSeqs,
  selectParameters: [{ name: 'CONDSTORE', parse: () => ({ apply: enableModSeqs }) }],
  statusItems: [
    {
      name: 'HIGHESTMODSEQ',
      value({ id, highestModSeq }, context) {
        enableModSeqs(context)
        const { session } = context
        // Of the selected mailbox the client is to be told the changes first.
        return session.state === 'selected' && session.view.mailbox.id === id
          ? Math.min(highestModSeq, session.view.highestModSeq)
          : highestModSeq
      },
    },
  ],
  fetchItems: [plainItem(modSeqAttribute)],
  fetchModifiers: [
    {
      name: 'CHANGEDSINCE',
      parse(d) {
        d.space()
        const since = parseModSeq(d)
        return {
          place: 2,
          adds: modSeqAttribute,
          since,
          narrow: (uids: readonly Uid[], { view }) => uids.filter((uid) => view.modSeqOf(uid) > since),
        }
      },
    },
  ],
  storeModifiers: [
    {
      name: 'UNCHANGEDSINCE',
      parse(d) {
        d.space()
        return { unchangedSince: parseModSeq(d) }
      },
    },
  ],
  searchKeys: [
    {
      name: 'MODSEQ',
      parse(reader) {
        const { d } = reader
        d.space()
        skipEntry(d)
        const since = parseModSeq(d)
        reader.asksModSeq = true
        return {
          cost: COST.memory,
          bind:
            ({ view }) =>
            ({ uid }) =>
              view.modSeqOf(uid) >= since,
        }
      },
    },
  ],
}
