import type { Extension } from '../command.ts'

/** RFC 5258: the options; LIST itself reads the wider syntax. */
export const listExtended: Extension = {
  capability: 'LIST-EXTENDED',
  rfc: 5258,
  summary: 'LIST with several patterns, selection and return options',
  listSelections: [
    { name: 'SUBSCRIBED', kind: 'base', selects: ({ subscribed }) => subscribed },
    // There are no remote mailboxes, so asking for them too changes nothing.
    { name: 'REMOTE', kind: 'independent' },
    { name: 'RECURSIVEMATCH', kind: 'modifier' },
  ],
  listReturns: [{ name: 'SUBSCRIBED' }],
}
