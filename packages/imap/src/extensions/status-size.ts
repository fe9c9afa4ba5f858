import type { Extension } from '../command.ts'

/** RFC 8438: the octets of a mailbox's messages, from its counters. */
export const statusSize: Extension = {
  capability: 'STATUS=SIZE',
  rfc: 8438,
  summary: 'STATUS gives the size of a mailbox',
  statusItems: [{ name: 'SIZE', value: ({ size }) => size }],
}
