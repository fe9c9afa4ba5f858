import type { Uid } from '@mailstead/store'
import { formatString } from '@mailstead/wire'
import type { CommandContext } from '../command.ts'
import { toFailure } from '../errors.ts'
import { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import { MESSAGES_A_STEP } from './limits.ts'
import { savedOf, type ReturnItem } from './return.ts'

/** RFC 5182 section 2.1: a search with SAVE that ends in NO leaves `$` empty; one that ends in BAD leaves it alone. */
export function forgetSaved({ view }: Selected, returns: readonly ReturnItem[] | undefined, error: unknown): void {
  if (returns?.some(({ saves }) => saves === true) && toFailure(error).status === 'NO') view.saved = []
}

/** Tells what was found, in the order of `found`: as `* name 1 2 3`, or, with return options, in an ESEARCH response. */
export async function respondFound(
  context: CommandContext<Selected>,
  name: 'SEARCH' | 'SORT',
  by: 'sequence' | 'uid',
  found: readonly Uid[],
  returns: readonly ReturnItem[] | undefined,
): Promise<void> {
  const { session, respond } = context
  if (returns?.some(({ saves }) => saves === true)) session.view.saved = savedOf(returns, found)
  const numbers = await numbersOf(context, by, found)
  if (returns !== undefined) return respondExtended(context, by, numbers, returns)
  const pace = new Pace(respond)
  respond.write(`* ${name}`)
  for (let from = 0; from < numbers.length; from += MESSAGES_A_STEP) {
    respond.write(` ${numbers.slice(from, from + MESSAGES_A_STEP).join(' ')}`)
    await pace.pause()
  }
  respond.write('\r\n')
}

async function numbersOf(
  { session, respond }: CommandContext<Selected>,
  by: 'sequence' | 'uid',
  found: readonly Uid[],
): Promise<readonly number[]> {
  if (by === 'uid') return found
  const pace = new Pace(respond)
  const numbers: number[] = []
  for (const uid of found) {
    numbers.push(session.view.numberOf(uid))
    if (numbers.length % MESSAGES_A_STEP === 0) await pace.pause()
  }
  return numbers
}

/** esearch-response of RFC 4466 section 2.6.2. */
async function respondExtended(
  { respond, tag }: CommandContext<Selected>,
  by: 'sequence' | 'uid',
  numbers: readonly number[],
  returns: readonly ReturnItem[],
): Promise<void> {
  const printing = returns.filter((item) => item.print !== undefined)
  // RFC 5182 section 1: SAVE alone suppresses the response.
  if (printing.length === 0) return
  const pace = new Pace(respond)
  respond.write(`* ESEARCH (TAG ${formatString(tag)})${by === 'uid' ? ' UID' : ''}`)
  for (const item of printing) {
    let before = ' '
    for (const piece of item.print?.(numbers) ?? []) {
      respond.write(before + piece)
      before = ''
      await pace.pause()
    }
  }
  respond.write('\r\n')
}
