import type { Extension } from '../command.ts'

/** RFC 9585. The dialogue tells it; searches know how far they are. */
export const inProgress: Extension = {
  capability: 'INPROGRESS',
  rfc: 9585,
  summary: 'Commands that take long say that they go on, and how far they are',
}
