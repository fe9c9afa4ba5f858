import type { ImapDecoder } from '@mailstead/wire'
import { command, type Extension, type Registry, type TableEntry } from '../command.ts'
import { orRefused, type SearchRequest } from '../search/parse.ts'
import { runSearch } from '../search/run.ts'
import { parseCriteria } from '../sort/parse.ts'
import type { ThreadKind } from '../thread/kind.ts'
import { orderedSubject } from '../thread/ordered-subject.ts'
import { references } from '../thread/references.ts'
import { runThread } from '../thread/run.ts'

interface ThreadArguments extends SearchRequest {
  readonly kind: ThreadKind
  readonly refused?: Error
}

/** THREAD and UID THREAD, RFC 5256. */
function threadBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID THREAD' : 'THREAD',
    state: 'selected',
    byNumber: by === 'sequence',
    sync: by === 'uid' ? 'everything' : 'no-expunge',
    parse: parseThread,
    async run(context, { kind, refused, ...request }) {
      if (refused !== undefined) throw refused
      await runThread(context, await runSearch(context, request), kind, by)
      return { text: 'Threaded' }
    },
  })
}

// thread = "THREAD" SP thread-alg SP search-criteria
function parseThread(d: ImapDecoder, registry: Registry): ThreadArguments {
  d.space()
  const kind = registry.threadKind(d.word()) ?? d.fail('a threading algorithm before here')
  d.space()
  return { kind, ...orRefused(d, () => parseCriteria(d, registry)) }
}

const commands = [threadBy('sequence'), threadBy('uid')]

export const threadOrderedSubject: Extension = {
  capability: 'THREAD=ORDEREDSUBJECT',
  rfc: 5256,
  summary: 'Threads what a search finds by base subject',
  commands,
  threadKinds: [{ name: 'ORDEREDSUBJECT', ancestry: false, algorithm: orderedSubject }],
}

export const threadReferences: Extension = {
  capability: 'THREAD=REFERENCES',
  rfc: 5256,
  summary: 'Threads what a search finds by who answers whom',
  commands,
  threadKinds: [{ name: 'REFERENCES', ancestry: true, algorithm: references }],
}
