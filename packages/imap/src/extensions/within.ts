import type { EpochMs } from '@mailstead/base'
import type { Extension } from '../command.ts'
import type { SearchKey } from '../search/key.ts'
import { ofKey } from '../search/row-keys.ts'

/** RFC 5032 section 2: exact to a second, the target belonging to both sides. */
function ageKey(name: string, test: (second: number, target: number) => boolean): SearchKey {
  const second = (at: EpochMs): number => Math.floor(at / 1000)
  return {
    name,
    parse({ d }) {
      d.space()
      const interval = d.nzNumber()
      return ofKey('internal-date', (at, now) => test(second(at), second(now) - interval))
    },
  }
}

export const within: Extension = {
  capability: 'WITHIN',
  rfc: 5032,
  summary: 'SEARCH by the age of messages in seconds',
  searchKeys: [ageKey('OLDER', (second, target) => second <= target), ageKey('YOUNGER', (second, target) => second >= target)],
}
