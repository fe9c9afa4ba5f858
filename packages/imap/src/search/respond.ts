import type { Uid } from '@mailstead/store'
import { formatNumbers, formatString } from '@mailstead/wire'
import type { CommandContext } from '../command.ts'
import { toFailure } from '../errors.ts'
import { inSlices } from '../keys/slices.ts'
import { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import { MESSAGES_A_STEP, NUMBERS_A_STEP } from './limits.ts'
import type { SearchRequest } from './parse.ts'
import { RELEVANCY, type Relevancy } from './relevancy.ts'
import { namedBy, savedOf, type ReturnItem } from './return.ts'

/** RFC 5182 section 2.1: a search with SAVE that ends in NO leaves `$` empty; one that ends in BAD leaves it alone. */
export function forgetSaved({ view }: Selected, returns: readonly ReturnItem[] | undefined, error: unknown): void {
  if (returns?.some(({ saves }) => saves === true) && toFailure(error).status === 'NO') view.saved = []
}

/** Tells what was found, in the order of `found`: as `* name 1 2 3`, or, with return options, in an ESEARCH response. `where`: correlators behind the tag. */
export async function respondFound(
  context: CommandContext<Selected>,
  name: 'SEARCH' | 'SORT',
  by: 'sequence' | 'uid',
  found: readonly Uid[],
  returns: readonly ReturnItem[] | undefined,
  { asksModSeq = false, relevancy }: Pick<SearchRequest, 'asksModSeq' | 'relevancy'> = {},
  where = '',
): Promise<void> {
  const { session, respond } = context
  if (returns?.some(({ saves }) => saves === true)) session.view.saved = savedOf(returns, found)
  const numbers = await numbersOf(context, by, found)
  // RFC 7162 section 3.1.10, RFC 4731 section 3.2: with RETURN (…) that of the messages which are named.
  const modSeq = asksModSeq ? await highestModSeq(context, returns === undefined ? found : namedBy(returns, found)) : 0
  if (returns !== undefined)
    return respondExtended(context, by, numbers, returns, { modSeq, scores: scoresOf(relevancy, found, returns), where })
  const pace = new Pace(respond)
  respond.write(`* ${name}`)
  for (let from = 0; from < numbers.length; from += NUMBERS_A_STEP) {
    respond.bytes(formatNumbers(numbers.slice(from, from + NUMBERS_A_STEP)))
    await pace.pause()
  }
  respond.write(modSeq === 0 ? '\r\n' : ` (MODSEQ ${modSeq})\r\n`)
}

/** In the order of the result, as far as PARTIAL lets it be seen. */
function scoresOf(relevancy: Relevancy | undefined, found: readonly Uid[], returns: readonly ReturnItem[]): readonly number[] {
  if (relevancy === undefined || !returns.some(({ name }) => name === RELEVANCY)) return []
  const scores = relevancy.scores(found)
  const named = returns.find(({ exclusive }) => exclusive === true)?.picks?.(found) ?? found
  return named.map((uid) => scores.get(uid) ?? 1)
}

/** 0 when there are none. */
async function highestModSeq({ session, respond }: CommandContext<Selected>, uids: readonly Uid[]): Promise<number> {
  const pace = new Pace(respond)
  let highest = 0
  for (const [at, uid] of uids.entries()) {
    highest = Math.max(highest, session.view.modSeqOf(uid))
    if (at % MESSAGES_A_STEP === 0) await pace.pause()
  }
  return highest
}

async function numbersOf(
  { session, respond }: CommandContext<Selected>,
  by: 'sequence' | 'uid',
  found: readonly Uid[],
): Promise<readonly number[]> {
  if (by === 'uid') return found
  const numbers: number[] = found.slice()
  await inSlices(found.length, new Pace(respond), (from, to) => {
    for (let at = from; at < to; at++) numbers[at] = session.view.numberOf(found[at] as Uid)
  })
  return numbers
}

/** esearch-response of RFC 4466 section 2.6.2. */
async function respondExtended(
  { respond, tag }: CommandContext<Selected>,
  by: 'sequence' | 'uid',
  numbers: readonly number[],
  returns: readonly ReturnItem[],
  { modSeq, scores, where }: { readonly modSeq: number; readonly scores: readonly number[]; readonly where: string },
): Promise<void> {
  // RFC 5182 section 1: SAVE alone suppresses the response.
  if (returns.every(({ saves }) => saves === true)) return
  const pace = new Pace(respond)
  respond.write(`* ESEARCH (TAG ${formatString(tag)}${where})${by === 'uid' ? ' UID' : ''}`)
  for (const item of returns) {
    let before = ' '
    for (const piece of item.print?.(numbers, scores) ?? []) {
      respond.write(before + piece)
      before = ''
      await pace.pause()
    }
  }
  respond.write(modSeq === 0 ? '\r\n' : ` MODSEQ ${modSeq}\r\n`)
}
