import { formatString, type ImapDecoder } from '@mailstead/wire'
import type { Extension } from '../command.ts'
import type { FetchAttribute } from '../fetch/item.ts'
import { BODY_INLINE } from '../fetch/limits.ts'
import { previewOf } from '../fetch/preview.ts'

const wants = { structure: true, bodyUpTo: BODY_INLINE }

const preview: FetchAttribute = {
  label: 'PREVIEW',
  wants,
  value: async (message, _, pace) => formatString(await previewOf(message, pace)),
}

/** RFC 8970 section 4.1: NIL where a blob would have to be read besides the row. */
const lazyPreview: FetchAttribute = {
  label: 'PREVIEW',
  wants,
  value: async (message, _, pace) => (message.row.body === undefined ? 'NIL' : formatString(await previewOf(message, pace))),
}

// "PREVIEW" [SP "(" preview-mod *(SP preview-mod) ")"]; a list of something else behind it belongs to FETCH.
function parsePreview(d: ImapDecoder): FetchAttribute {
  if (!d.skipWord(' (LAZY')) return preview
  while (d.skipWord(' LAZY'));
  d.expect(')')
  return lazyPreview
}

/**
 * RFC 8970. Previews are not kept: they cost a small message's first kilobytes and some dozen microseconds, and would
 * be one more copy of what mail says, to be made for messages that nobody lists.
 */
export const previews: Extension = {
  capability: 'PREVIEW',
  rfc: 8970,
  summary: 'FETCH gives the beginning of the text, on one line; with `LAZY` only where it costs next to nothing',
  fetchItems: [{ name: 'PREVIEW', parse: parsePreview }],
}
