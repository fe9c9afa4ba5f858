import type { Extension } from '../command.ts'

/** RFC 7889. APPEND refuses what is larger before the client sends it. One limit for all mailboxes, quotas aside (section 3.3). */
export const appendlimit: Extension = {
  capability: 'APPENDLIMIT',
  value: ({ message }) => message,
  rfc: 7889,
  summary: 'Tells the largest message that APPEND takes',
  statusItems: [{ name: 'APPENDLIMIT', value: (_, { services }) => services.limits.message }],
}
