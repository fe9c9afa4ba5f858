import { messageNumber } from '@mailstead/wire'
import { Pop3Refusal } from '../errors.ts'
import type { Maildrop } from '../maildrop.ts'

/** The number of a message that is there and not marked. Throws `Pop3SyntaxError` or `Pop3Refusal`. */
export function presentMessage(maildrop: Maildrop, word: string): number {
  const number = messageNumber(word)
  const state = maildrop.state(number)
  if (state === undefined) throw new Pop3Refusal((texts) => texts.noSuchMessage(maildrop.last))
  if (state === 'marked') throw new Pop3Refusal((texts) => texts.marked(number))
  return number
}
