import type { ImapDecoder, SequenceSet } from '@mailstead/wire'
import type { Registry } from '../command.ts'
import type { FetchAttribute } from './item.ts'
import { FETCH_MACROS } from './items.ts'
import type { AppliedModifier } from './modifier.ts'
import { letters } from './section.ts'

export interface FetchRequest {
  readonly messages: SequenceSet
  /** In the order asked. */
  readonly attributes: readonly FetchAttribute[]
  /** In the order in which they narrow. */
  readonly modifiers: readonly AppliedModifier[]
}

/** Items of one command; each one may read the message again. */
const MAX_ITEMS = 100

// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")") [fetch-modifiers]
export function parseFetch(d: ImapDecoder, registry: Registry, by: 'sequence' | 'uid'): FetchRequest {
  d.space()
  const messages = d.sequenceSet()
  d.space()
  const attributes = d.peek() === '(' ? attributeList(d, registry) : macroOrAttribute(d, registry)
  const modifiers = d.atEnd ? [] : parseModifiers(d, registry, by)
  const added = modifiers.flatMap(({ adds }) => adds ?? []).filter((attribute) => !attributes.includes(attribute))
  return { messages, attributes: [...attributes, ...added], modifiers }
}

export function attributeList(d: ImapDecoder, registry: Registry): FetchAttribute[] {
  let items = 0
  return d.list(() => {
    if (++items > MAX_ITEMS) d.fail('fewer items')
    return attribute(d, registry, letters(d))
  })
}

// fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")"
function parseModifiers(d: ImapDecoder, registry: Registry, by: 'sequence' | 'uid'): AppliedModifier[] {
  d.space()
  const names = new Set<string>()
  const modifiers = d.list(() => {
    const modifier = registry.fetchModifier(d.word())
    if (modifier === undefined || (modifier.uidOnly === true && by === 'sequence')) return d.fail('a modifier of FETCH before here')
    if (names.has(modifier.name)) d.fail('each modifier once')
    names.add(modifier.name)
    return modifier.parse(d)
  })
  return modifiers.sort((a, b) => a.place - b.place)
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
