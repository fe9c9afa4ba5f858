import type { Actor } from './actor.ts'
import type { Known } from './belief.ts'
import type { Sign } from './response.ts'

export const FLAGS = ['\\Seen', '\\Deleted', '\\Flagged', '\\Answered', '$Work', 'Play']

/** A message and its number, whose UID the client knows. */
export interface Target {
  readonly number: number
  readonly uid: number
  readonly message: Known
}

/** Up to three messages, or as many as wanted, in the order of their numbers. */
export function targets({ belief, random }: Actor, wanted = 1 + random.int(3)): Target[] {
  const known = belief.messages.flatMap((message, index): Target[] =>
    message.uid === undefined ? [] : [{ number: index + 1, uid: message.uid, message }],
  )
  if (known.length === 0) return []
  const chosen = new Set(Array.from({ length: wanted }, () => random.int(known.length)))
  return known.filter((_, index) => chosen.has(index))
}

export function numbersOf(chosen: readonly Target[]): string {
  return chosen.map(({ number }) => number).join(',')
}

export function uidsOf(chosen: readonly Target[]): string {
  return chosen.map(({ uid }) => uid).join(',')
}

export function flagChange({ random }: Actor): { sign: Sign; flags: string[] } {
  return {
    sign: random.pick(['', '+', '+', '+', '-', '-'] as const),
    flags: [...new Set([random.pick(FLAGS), random.pick(FLAGS)])],
  }
}
