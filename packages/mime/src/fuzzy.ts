import type { TextPlace } from './message-text.ts'

/** Without the marks that combine with letters: `CAFÉ` is `CAFE`. Of a text that `foldCase` made. */
export function withoutMarks(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? text.replace(/\p{M}+/gu, '') : text
}

/** Words of one search text; more say no more. */
const MAX_WORDS = 20
/** Letters of one word that are compared. */
const MAX_WORD = 40

/** Made when it is needed first: that takes 10 ms, which no start has to spend. */
let segmenter: Intl.Segmenter | undefined

/** Endings of English, German, French and Spanish words that say little about their meaning, longest first. */
const ENDINGS = 'UNGEN INGS MENTS NESS MENT IONS INGS ING ION UNG ERN ERS EES ENT LY ES ED ER EN EM EZ EE OS AS RS S E N D R O A'.split(' ')
const ENDING = new Set(['', ...ENDINGS])

/** Scripts that write words without blanks between them. */
const WITHOUT_BLANKS =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+$/u

const LETTER = /[\p{L}\p{N}]/u

interface FuzzyWord {
  readonly text: string
  /** What every word that matches begins with. */
  readonly stem: string
  readonly kind: 'latin' | 'other' | 'without-blanks'
}

/** What every message holds, marks aside, that the words of `text` (as `foldCase` leaves it) are found in; empty when there is no word in it. */
export function fuzzyStems(text: string): string[] {
  return wordsOf(text).map(({ stem }) => stem)
}

function wordsOf(text: string): FuzzyWord[] {
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' })
  const words: FuzzyWord[] = []
  for (const { segment, isWordLike } of segmenter.segment(withoutMarks(text))) {
    if (isWordLike !== true || !LETTER.test(segment)) continue
    words.push(wordOf(segment.slice(0, MAX_WORD)))
    if (words.length === MAX_WORDS) break
  }
  return words
}

function wordOf(text: string): FuzzyWord {
  if (WITHOUT_BLANKS.test(text)) return { text, stem: text, kind: 'without-blanks' }
  if (!/^\p{Script=Latin}+$/u.test(text)) return { text, stem: /^\p{L}{5,}$/u.test(text) ? text.slice(0, -2) : text, kind: 'other' }
  const ending = ENDINGS.find((each) => text.endsWith(each) && text.length - each.length >= 4) ?? ''
  return { text, stem: text.slice(0, text.length - ending.length), kind: 'latin' }
}

/** How much a word counts by where it stands; one in the subject counts most. */
const WEIGHT = { header: 0.8, wrapping: 0.5, content: 0.7 } as const satisfies Record<TextPlace, number>
const IN_SUBJECT = 1

/** How much one occurrence more of a word adds to a hundred. */
const MORE = 2
const MAX_MORE = 10

/** Looks for the words of a text, in any of their forms and in any order. */
export class FuzzyFinder {
  readonly #words: readonly FuzzyWord[]
  readonly #best: number[]
  readonly #times: number[]
  #tail = ''
  #weight = 0

  /** `text`: as `foldCase` leaves it; with a word in it. */
  constructor(text: string) {
    this.#words = wordsOf(text)
    this.#best = this.#words.map(() => 0)
    this.#times = this.#words.map(() => 0)
  }

  /** Some text of the message. `begins`: it does not go on with the one before. */
  look(text: string, place: TextPlace, isSubject: boolean, begins: boolean): void {
    if (begins) this.#finish()
    this.#weight = isSubject ? IN_SUBJECT : WEIGHT[place]
    const all = this.#tail + withoutMarks(text)
    // The last word may go on.
    let end = all.length
    while (end > 0 && all.length - end < MAX_WORD && LETTER.test(all[end - 1] ?? '')) end--
    this.#tail = end > 0 ? all.slice(end) : ''
    this.#count(end > 0 ? all.slice(0, end) : all)
  }

  /** After the last text: 0 when a word is missing, else 1 to 100, the better the more. */
  score(): number {
    this.#finish()
    if (this.#best.includes(0)) return 0
    const scores = this.#best.map((best, index) => best + Math.min(MAX_MORE, MORE * ((this.#times[index] ?? 1) - 1)))
    return Math.max(1, Math.min(100, Math.round(scores.reduce((sum, each) => sum + each, 0) / scores.length)))
  }

  #finish(): void {
    const tail = this.#tail
    this.#tail = ''
    if (tail !== '') this.#count(tail)
  }

  #count(text: string): void {
    for (const [index, word] of this.#words.entries()) {
      for (let at = text.indexOf(word.stem); at >= 0; at = text.indexOf(word.stem, at + word.stem.length)) {
        const quality = qualityAt(text, at, word)
        if (quality === 0) continue
        this.#best[index] = Math.max(this.#best[index] ?? 0, quality * this.#weight)
        this.#times[index] = (this.#times[index] ?? 0) + 1
      }
    }
  }
}

/** The word itself 90, the same word in another form 70, the beginning of a longer one 50, anything else 0. */
function qualityAt(text: string, at: number, { text: word, stem, kind }: FuzzyWord): number {
  if (kind === 'without-blanks') return 90
  if (at > 0 && LETTER.test(text[at - 1] ?? '')) return 0
  const from = at + stem.length
  let end = from
  while (end < text.length && end - from < MAX_WORD && LETTER.test(text[end] ?? '')) end++
  const rest = text.slice(from, end)
  if (stem + rest === word) return 90
  if (kind === 'latin' ? ENDING.has(rest) : rest.length <= 3 && word !== stem) return 70
  return rest.startsWith(word.slice(stem.length)) ? 50 : 0
}
