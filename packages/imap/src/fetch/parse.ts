import type { ImapDecoder, SequenceSet } from '@mailstead/wire'
import type { Registry } from '../command.ts'
import type { FetchAttribute } from './item.ts'
import { FETCH_MACROS } from './items.ts'
import { letters } from './section.ts'

export interface FetchRequest {
  readonly messages: SequenceSet
  /** In the order asked. */
  readonly attributes: readonly FetchAttribute[]
}

/** Items of one command; each one may read the message again. */
const MAX_ITEMS = 100

// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
export function parseFetch(d: ImapDecoder, registry: Registry): FetchRequest {
  d.space()
  const messages = d.sequenceSet()
  d.space()
  if (d.peek() !== '(') return { messages, attributes: macroOrAttribute(d, registry) }
  let items = 0
  const attributes = d.list(() => {
    if (++items > MAX_ITEMS) d.fail('fewer items')
    return attribute(d, registry, letters(d))
  })
  return { messages, attributes }
}

function macroOrAttribute(d: ImapDecoder, registry: Registry): FetchAttribute[] {
  const name = letters(d)
  const macro = FETCH_MACROS.get(name)
  return macro === undefined ? [attribute(d, registry, name)] : macro.map((each) => attribute(d, registry, each))
}

function attribute(d: ImapDecoder, registry: Registry, name: string): FetchAttribute {
  const item = registry.fetchItem(name)
  return item === undefined ? d.fail('an item of FETCH before here') : item.parse(d)
}
