import type { Extension } from '../command.ts'
import { plainReturn } from '../search/return.ts'

/** RFC 5182. `$` stands for the view's saved messages wherever a sequence set may. */
export const searchres: Extension = {
  capability: 'SEARCHRES',
  rfc: 5182,
  summary: 'SEARCH keeps what it found for the next commands, which call it `$`',
  needs: ['ESEARCH'],
  searchReturns: [plainReturn({ name: 'SAVE', place: 0, saves: true })],
}
