import type { Extension } from '../command.ts'

/** RFC 5255 section 4: `foldCase` and `compareFolded` of the mime package are the collation, wherever texts are compared. */
export const i18nLevel: Extension = {
  capability: 'I18NLEVEL=1',
  rfc: 5255,
  summary: 'SEARCH, SORT and THREAD compare texts in any script by i;unicode-casemap ([RFC 5051](https://www.rfc-editor.org/rfc/rfc5051))',
}
