import { decodeCharset, foldCase, fuzzyStems, knowsCharset, type TextNeedle } from '@mailstead/mime'
import type { ImapDecoder, SequenceSet } from '@mailstead/wire'
import type { Registry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import { all } from './combine.ts'
import type { Criterion, KeyReader } from './key.ts'
import { MAX_DEPTH, MAX_KEYS, MAX_NEEDLES } from './limits.ts'
import { parseReturns } from './parse-returns.ts'
import { Relevancy } from './relevancy.ts'
import type { ReturnItem } from './return.ts'
import { inSequence } from './set-keys.ts'

export interface SearchRequest {
  /** All must hold. */
  readonly criteria: readonly Criterion[]
  readonly needles: readonly TextNeedle[]
  /** There with FUZZY: the search tells it how relevant messages are. */
  readonly relevancy?: Relevancy | undefined
  /** The modseq of what is found is told too. */
  readonly asksModSeq?: boolean
  /** Sequence numbers are among its keys. */
  readonly namesNumbers?: boolean
}

/** The arguments of SEARCH. */
export interface SearchArguments extends SearchRequest {
  /** RETURN (…) was given. */
  readonly returns: readonly ReturnItem[] | undefined
  /** It begins with CHARSET. */
  readonly namesCharset?: boolean
  /** The search is answered with this; what it asks for was not read to its end. */
  readonly refused?: ImapNo
}

interface KeyOptions {
  /** Numbers of no message are no error (RFC 7377 section 2). */
  readonly beyondTheEnd?: boolean
}

/** Named in the answer to others (RFC 3501 section 7.1); many more are known. */
const CHARSETS =
  'US-ASCII UTF-8 ISO-8859-1 ISO-8859-2 ISO-8859-15 WINDOWS-1251 WINDOWS-1252 KOI8-R ISO-2022-JP SHIFT_JIS EUC-JP EUC-KR GB18030 BIG5'

// search = "SEARCH" [search-return-opts] SP ["CHARSET" SP astring SP] search-key *(SP search-key)
export function parseSearch(d: ImapDecoder, registry: Registry): SearchArguments {
  d.space()
  return parseProgram(d, registry)
}

/** The same behind the blank. */
export function parseProgram(d: ImapDecoder, registry: Registry, options: KeyOptions = {}): SearchArguments {
  const returns = parseReturns(d, registry)
  const charset = parseCharset(d)
  return { returns, namesCharset: charset !== undefined, ...orRefused(d, () => parseKeys(d, registry, charset, options)) }
}

/** A refusal is kept until the command runs: SAVE and then NO makes `$` empty (RFC 5182 section 2.1). */
export function orRefused(d: ImapDecoder, parse: () => SearchRequest): SearchRequest & { readonly refused?: ImapNo } {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof ImapNo)) throw error
    d.skipRest()
    return { criteria: [], needles: [], refused: error }
  }
}

function parseCharset(d: ImapDecoder): string | undefined {
  if (!d.skipWord('CHARSET')) return undefined
  d.space()
  const charset = d.astring()
  d.space()
  return charset
}

/** `charset`: of the texts; `undefined` when the client did not say. Throws `ImapNo` BADCHARSET for an unknown one. */
export function parseKeys(d: ImapDecoder, registry: Registry, charset: string | undefined, options: KeyOptions = {}): SearchRequest {
  if (charset !== undefined && !knowsCharset(charset)) throw new ImapNo('The charset is not known', `BADCHARSET (${CHARSETS})`)
  const reader = new Reader(d, registry, charset, options)
  const criteria = [reader.key()]
  while (d.skip(' ')) criteria.push(reader.key())
  const { needles, asksModSeq, namesNumbers, relevancy } = reader
  return { criteria, needles, asksModSeq, namesNumbers, relevancy }
}

class Reader implements KeyReader {
  readonly d: ImapDecoder
  readonly needles: TextNeedle[] = []
  asksModSeq = false
  namesNumbers = false
  relevancy: Relevancy | undefined
  readonly #registry: Registry
  readonly #charset: string | undefined
  readonly #beyondTheEnd: boolean
  #depth = 0
  #keys = 0
  #fuzzies = 0

  constructor(d: ImapDecoder, registry: Registry, charset: string | undefined, { beyondTheEnd = false }: KeyOptions) {
    this.d = d
    this.#registry = registry
    this.#charset = charset
    this.#beyondTheEnd = beyondTheEnd
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
    if (d.atSequenceSet) return this.#numbers(d.sequenceSet())
    const key = this.#registry.searchKey(d.word())
    return key === undefined ? d.fail('a search key before here') : key.parse(this)
  }

  #numbers(set: SequenceSet): Criterion {
    // Who is saved as $ is known by UID.
    if (set !== '$') this.namesNumbers = true
    return inSequence(set, this.#beyondTheEnd)
  }

  text(): string {
    const octets = this.d.astringBytes()
    // Without a charset it is US-ASCII; clients that send more mean UTF-8.
    const text = decodeCharset(octets, this.#charset ?? '')
    if (text.includes('\ufffd')) throw new ImapBad('The text is not in the charset of the search')
    return foldCase(text)
  }

  get isFuzzy(): boolean {
    return this.#fuzzies > 0
  }

  fuzzily(parse: () => Criterion): Criterion {
    this.relevancy ??= new Relevancy()
    this.#fuzzies++
    const criterion = parse()
    this.#fuzzies--
    return criterion
  }

  needle(asked: TextNeedle): TextNeedle {
    // What has no words is looked for as it is.
    const needle = this.isFuzzy && fuzzyStems(asked.text).length > 0 ? { ...asked, fuzzy: true } : asked
    if (this.needles.push(needle) > MAX_NEEDLES) throw new ImapNo('Too many texts to look for', 'LIMIT')
    return needle
  }
}
