import { bodyOfStructure } from '@mailstead/mime'
import { formatDateTime } from '@mailstead/wire'
import { bodyAttribute, namedBody } from './body.ts'
import { plainItem, type FetchAttribute, type FetchItem } from './item.ts'
import { parsePartial, parseSection } from './section.ts'

const WHOLE = { numbers: [], text: undefined }
const HEADER = { numbers: [], text: { kind: 'header' } } as const
const TEXT = { numbers: [], text: { kind: 'text' } } as const

export const uidAttribute: FetchAttribute = { label: 'UID', tellsUid: true, value: ({ uid }) => String(uid) }

/** RFC 7162 section 3.1.4.2. */
export const modSeqAttribute: FetchAttribute = {
  label: 'MODSEQ',
  tellsModSeq: true,
  value: ({ uid }, { view }) => `(${view.tellModSeq(uid)})`,
}

export const flagsAttribute: FetchAttribute = {
  label: 'FLAGS',
  tellsFlags: true,
  value: ({ uid }, { view }) => view.flagsOf(uid),
}

const bodyWithoutExtensions: FetchAttribute = {
  label: 'BODY',
  wants: { bodyStructure: true },
  lasting: true,
  value: ({ row }) => (row.bodyStructure === undefined ? 'NIL' : bodyOfStructure(row.bodyStructure)),
}

/** The items of RFC 3501 section 6.4.5. */
export const baseFetchItems: readonly FetchItem[] = [
  plainItem(uidAttribute),
  plainItem(flagsAttribute),
  plainItem({
    label: 'INTERNALDATE',
    wants: {},
    lasting: true,
    value: ({ row }) => formatDateTime(row.internalDate.at, row.internalDate.zone),
  }),
  plainItem({ label: 'RFC822.SIZE', wants: {}, lasting: true, value: ({ row }) => String(row.size) }),
  plainItem({ label: 'ENVELOPE', wants: { envelope: true }, lasting: true, value: ({ row }) => row.envelope ?? 'NIL' }),
  plainItem({ label: 'BODYSTRUCTURE', wants: { bodyStructure: true }, lasting: true, value: ({ row }) => row.bodyStructure ?? 'NIL' }),
  plainItem(namedBody('RFC822', WHOLE, true)),
  plainItem(namedBody('RFC822.HEADER', HEADER, false)),
  plainItem(namedBody('RFC822.TEXT', TEXT, true)),
  {
    name: 'BODY',
    parse: (d) => (d.peek() === '[' ? bodyAttribute('BODY', parseSection(d), parsePartial(d), true) : bodyWithoutExtensions),
  },
  { name: 'BODY.PEEK', parse: (d) => bodyAttribute('BODY', parseSection(d), parsePartial(d), false) },
]

/** What the macros stand for. */
export const FETCH_MACROS: ReadonlyMap<string, readonly string[]> = new Map([
  ['FAST', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']],
  ['ALL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']],
  ['FULL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']],
])
