import { baseSubject, foldCase, readEnvelope, readHeader, readIds } from '@mailstead/mime'
import type { EpochMs } from '@mailstead/base'
import type { Blobs, FetchWants, MessageRow, Uid } from '@mailstead/store'
import { FetchedMessage } from '../fetch/message.ts'
import { sentDate } from '../sort/keys.ts'

/** What threads are made of. */
export interface ThreadMessage {
  readonly uid: Uid
  readonly sent: EpochMs
  /** The base subject as `foldCase` leaves it. */
  readonly subject: string
  readonly isReply: boolean
  /** Message-ID without angle brackets and needless quotes; `undefined` where there is none that is valid. */
  readonly id: string | undefined
  /** Ids of the messages it answers, the nearest last. */
  readonly references: readonly string[]
}

/** Reads what an algorithm needs from a message's row. */
export interface ThreadReader {
  readonly wants: FetchWants
  read(row: MessageRow, blobs: Blobs): ThreadMessage | Promise<ThreadMessage>
}

/** Ids of one References field; the nearest are kept. */
const MAX_REFERENCES = 1000

/** Date and subject only. */
export const subjectReader: ThreadReader = {
  wants: { envelope: true },
  read(row) {
    const { date, subject } = row.envelope === undefined ? {} : readEnvelope(row.envelope)
    return { ...threadMessage(row, date, subject), id: undefined, references: [] }
  },
}

/** Message ids too. */
export const referencesReader: ThreadReader = {
  wants: { headers: true, structure: true },
  async read(row, blobs) {
    const fields = firstFields(await new FetchedMessage(row.uid, row, blobs).commonHeader())
    const ids = (name: string): string[] => readIds(fields.get(name) ?? '').flatMap((id) => messageId(id) ?? [])
    const references = ids('references').slice(-MAX_REFERENCES)
    return {
      ...threadMessage(row, fields.get('date'), fields.get('subject')),
      id: ids('message-id')[0],
      // RFC 5256: only without usable References, and only the first.
      references: references.length > 0 ? references : ids('in-reply-to').slice(0, 1),
    }
  },
}

function threadMessage(row: MessageRow, date: string | undefined, subject: string | undefined): Omit<ThreadMessage, 'id' | 'references'> {
  const { text, isReply } = baseSubject(subject ?? '')
  return { uid: row.uid, sent: sentDate(date, row), subject: foldCase(text), isReply }
}

const NAMES = new Set(['date', 'subject', 'message-id', 'references', 'in-reply-to'])

function firstFields(header: Uint8Array): Map<string, string> {
  const fields = new Map<string, string>()
  for (const { name, value } of readHeader(header)) {
    const key = name.toLowerCase()
    if (NAMES.has(key) && !fields.has(key)) fields.set(key, value)
  }
  return fields
}

/**
 * A msg-id of RFC 2822 in the one form that all its ways of quoting mean (RFC 5256, THREAD=REFERENCES); `undefined`
 * when it is none.
 */
export function messageId(id: string): string | undefined {
  const at = id.lastIndexOf('@')
  if (at < 1 || at === id.length - 1) return undefined
  const left = /^"(.*)"$/.exec(id.slice(0, at))
  return left === null ? id : `${(left[1] ?? '').replace(/\\(.)/g, '$1')}${id.slice(at)}`
}
