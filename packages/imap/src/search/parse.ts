import { decodeCharset, foldCase, knowsCharset } from '@mailstead/mime'
import type { ImapDecoder } from '@mailstead/wire'
import type { Registry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import { all } from './combine.ts'
import type { Criterion, KeyReader } from './key.ts'
import { MAX_DEPTH, MAX_KEYS, MAX_NEEDLES } from './limits.ts'
import type { Needle } from './needle.ts'
import { inSequence } from './set-keys.ts'

export interface SearchRequest {
  /** All must hold. */
  readonly criteria: readonly Criterion[]
  readonly needles: readonly Needle[]
}

/** Named in the answer to others (RFC 3501 section 7.1); many more are known. */
const CHARSETS =
  'US-ASCII UTF-8 ISO-8859-1 ISO-8859-2 ISO-8859-15 WINDOWS-1251 WINDOWS-1252 KOI8-R ISO-2022-JP SHIFT_JIS EUC-JP EUC-KR GB18030 BIG5'

// search = "SEARCH" [SP "CHARSET" SP astring] 1*(SP search-key)
export function parseSearch(d: ImapDecoder, registry: Registry): SearchRequest {
  d.space()
  const charset = d.skipWord('CHARSET') ? parseCharset(d) : undefined
  const reader = new Reader(d, registry, charset)
  const criteria = [reader.key()]
  while (d.skip(' ')) criteria.push(reader.key())
  return { criteria, needles: reader.needles }
}

function parseCharset(d: ImapDecoder): string {
  d.space()
  const charset = d.astring()
  d.space()
  if (!knowsCharset(charset)) throw new ImapNo('The charset is not known', `BADCHARSET (${CHARSETS})`)
  return charset
}

class Reader implements KeyReader {
  readonly d: ImapDecoder
  readonly needles: Needle[] = []
  readonly #registry: Registry
  readonly #charset: string | undefined
  #depth = 0
  #keys = 0

  constructor(d: ImapDecoder, registry: Registry, charset: string | undefined) {
    this.d = d
    this.#registry = registry
    this.#charset = charset
  }

  // search-key = … / sequence-set / "(" search-key *(SP search-key) ")"
  key(): Criterion {
    if (++this.#keys > MAX_KEYS) throw new ImapNo('Too many search keys', 'LIMIT')
    if (++this.#depth > MAX_DEPTH) throw new ImapNo('The search is nested too deeply', 'LIMIT')
    const criterion = this.#key()
    this.#depth--
    return criterion
  }

  #key(): Criterion {
    const { d } = this
    if (d.peek() === '(') return all(d.list(() => this.key()))
    if (d.atSequenceSet) return inSequence(d.sequenceSet())
    const key = this.#registry.searchKey(d.word())
    return key === undefined ? d.fail('a search key before here') : key.parse(this)
  }

  text(): string {
    const octets = this.d.astringBytes()
    // Without a charset it is US-ASCII; clients that send more mean UTF-8.
    const text = decodeCharset(octets, this.#charset ?? '')
    if (text.includes('\ufffd')) throw new ImapBad('The text is not in the charset of the search')
    return foldCase(text)
  }

  needle(place: Needle['place']): Needle {
    const needle = { text: this.text(), place }
    if (this.needles.push(needle) > MAX_NEEDLES) throw new ImapNo('Too many texts to look for', 'LIMIT')
    return needle
  }
}
