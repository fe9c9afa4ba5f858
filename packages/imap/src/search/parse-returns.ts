import type { ImapDecoder } from '@mailstead/wire'
import type { Registry } from '../command.ts'
import { ImapBad } from '../errors.ts'
import { attributeList } from '../fetch/parse.ts'
import type { ReturnItem } from './return.ts'

/** search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")", up to the blank behind it. In the order of printing. */
export function parseReturns(d: ImapDecoder, registry: Registry): readonly ReturnItem[] | undefined {
  const all = registry.searchReturn('ALL')
  if (all === undefined || !d.skipWord('RETURN')) return undefined
  d.space()
  let last: ReturnItem | undefined
  const asked = d.listOrNone(() => (last = parseReturn(d, registry, last)))
  d.space()
  if (asked.filter(({ exclusive }) => exclusive === true).length > 1) throw new ImapBad('ALL and PARTIAL exclude each other')
  // RFC 4731 section 3.1: none means all.
  const items = asked.length === 0 ? [all.parse(d)] : [...new Map(asked.map((item) => [item.name, item])).values()]
  return items.toSorted((a, b) => a.place - b.place)
}

/** What UPDATE shall tell of messages stands behind it in parentheses (RFC 5465 section 8, modifier-update). */
function parseReturn(d: ImapDecoder, registry: Registry, last: ReturnItem | undefined): ReturnItem {
  if (last?.updates?.length === 0 && d.peek() === '(' && registry.has('NOTIFY')) return { ...last, updates: attributeList(d, registry) }
  return (registry.searchReturn(d.word()) ?? d.fail('a return option before here')).parse(d)
}
