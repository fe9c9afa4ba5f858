import type { ImapDecoder } from '@mailstead/wire'
import type { Registry } from '../command.ts'
import type { Assembling, CatPart } from './part.ts'

export interface CatParts {
  readonly parts: readonly CatPart[]
  /** What is announced behind the last of them; absent: they are complete. */
  readonly announced?: 'text' | 'utf8' | 'url'
}

// "(" cat-part *(SP cat-part) ")", up to a literal that is announced
export function parseParts(d: ImapDecoder, registry: Registry): CatParts {
  const parts: CatPart[] = []
  d.expect('(')
  for (;;) {
    const kind = partKind(d, registry)
    if (d.atAnnounced) return { parts, announced: kind }
    parts.push(kind === 'url' ? { kind, text: d.astring() } : textPart(d, kind, registry))
    if (d.skip(')')) return { parts }
    d.space()
  }
}

/** Up to the part's octets. `UTF8 (~{…}` is RFC 6855 section 4's. */
function partKind(d: ImapDecoder, registry: Registry): 'text' | 'utf8' | 'url' {
  const word = d.word()
  d.space()
  if (word === 'TEXT') return 'text'
  if (word === 'URL') return 'url'
  if (word !== 'UTF8' || !registry.has('UTF8=ACCEPT')) d.fail('TEXT or URL')
  d.expect('(')
  return 'utf8'
}

function textPart(d: ImapDecoder, kind: 'text' | 'utf8', registry: Registry): CatPart {
  const { value, binary } = d.literal()
  if (value.kind !== 'stream' || !takesLiteral(binary, kind, registry)) return d.fail('a literal before here')
  if (kind === 'utf8') d.expect(')')
  return { kind: 'text', to: value.handle as Assembling }
}

/** literal8 is RFC 3516's, and what stands in `UTF8 (…)`. */
export function takesLiteral(binary: boolean, kind: 'text' | 'utf8', registry: Registry): boolean {
  return kind === 'utf8' ? binary : !binary || registry.has('BINARY')
}

/** The message that the texts among the parts went to; `undefined` where there is none of them. */
export function assemblyOf(parts: readonly CatPart[]): Assembling | undefined {
  for (const part of parts) if (part.kind === 'text') return part.to
  return undefined
}
