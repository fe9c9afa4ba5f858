import type { Uid } from '@mailstead/store'
import { ImapBad } from '../errors.ts'

/** How relevant the messages are that a search with FUZZY finds (RFC 6203 section 4). */
export class Relevancy {
  readonly #strengths = new Map<Uid, number>()

  /** `strength`: 1 to 100, of one message, whether it will be found or not. */
  note(uid: Uid, strength: number): void {
    this.#strengths.set(uid, strength)
  }

  /** 1 to 100 for each of the messages found; the best of them has 100. What asked for no words is as relevant as can be. */
  scores(found: readonly Uid[]): ReadonlyMap<Uid, number> {
    const strengths = found.map((uid) => this.#strengths.get(uid) ?? 100)
    const best = strengths.reduce((a, b) => Math.max(a, b), 1)
    return new Map(found.map((uid, index) => [uid, Math.max(1, Math.round(((strengths[index] ?? 100) * 100) / best))]))
  }
}

/** RFC 6203 sections 4 and 6: RELEVANCY means nothing without FUZZY. */
export function requireFuzzy(relevancy: Relevancy | undefined, asked: readonly { readonly name: string }[]): void {
  if (relevancy === undefined && asked.some(({ name }) => name === RELEVANCY)) throw new ImapBad('RELEVANCY needs a FUZZY search key')
}

export const RELEVANCY = 'RELEVANCY'
