import { formatDateTime } from '@mailstead/wire'
import type { Extension } from '../command.ts'
import { plainItem } from '../fetch/item.ts'
import { COST } from '../search/key.ts'
import { dateKey } from '../search/row-keys.ts'

/** RFC 8514. The store sets the date anew with every COPY and MOVE; its zone is UTC, in FETCH and in SEARCH. */
export const savedate: Extension = {
  capability: 'SAVEDATE',
  rfc: 8514,
  summary: 'Tells when messages came into this mailbox, and searches by it',
  fetchItems: [plainItem({ label: 'SAVEDATE', wants: {}, value: ({ row }) => formatDateTime(row.saveDate, 0) })],
  searchKeys: [
    dateKey('SAVEDBEFORE', 'save-date', (day, asked) => day < asked),
    dateKey('SAVEDON', 'save-date', (day, asked) => day === asked),
    dateKey('SAVEDSINCE', 'save-date', (day, asked) => day >= asked),
    { name: 'SAVEDATESUPPORTED', parse: () => ({ cost: COST.memory, bind: () => () => true }) },
  ],
}
