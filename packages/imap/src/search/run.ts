import type { EpochMs } from '@mailstead/base'
import { StoreError, type FetchWants, type MessageRow, type Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import { eachRow } from '../fetch/rows.ts'
import type { KeyColumn } from '../keys/column.ts'
import type { NumberColumn } from '../keys/numbers.ts'
import { inSlices, placesIn } from '../keys/slices.ts'
import { enableModSeqs } from '../modseq.ts'
import { Pace } from '../pace.ts'
import { uidRequired } from '../errors.ts'
import { uidOnly, type Selected } from '../session.ts'
import { Candidate, type SearchMeans } from './candidate.ts'
import { filterOfAll, ofCost } from './combine.ts'
import { isNarrow } from './flag-keys.ts'
import { COST, type Criterion, type Test } from './key.ts'
import { FEW, MESSAGES_A_STEP } from './limits.ts'
import type { SearchRequest } from './parse.ts'
import { SearchedTexts } from './texts.ts'

/**
 * The UIDs that the search finds, ascending; of `some` (ascending) if they are given. What is in memory filters first; only what is left is asked of the
 * store, and only what its rows and headers do not exclude is read. Messages that are gone for good do not match.
 */
export async function runSearch(context: CommandContext<Selected>, request: SearchRequest, some?: readonly Uid[]): Promise<readonly Uid[]> {
  const { criteria, needles, asksModSeq, namesNumbers, relevancy } = request
  if (namesNumbers === true && uidOnly(context.session)) throw uidRequired()
  if (asksModSeq === true) enableModSeqs(context)
  const { session, respond, services, progress } = context
  const now = services.clock.now()
  const pace = new Pace(respond)
  const texts = new SearchedTexts(session, needles, pace, relevancy)
  const means: SearchMeans = { blobs: session.store.blobs, pace, texts, progress, keys: new Map(), fields: new Map(), some }
  let uids: readonly Uid[] = await searchMemory(session, ofCost(criteria.filter(isNarrow), COST.memory)?.bind(session, now), means)
  const keyed = ofCost(criteria, COST.keys)
  if (keyed !== undefined) uids = await searchKeys(context, uids, keyed, keyed.bind(session, now), means)
  const { found, left } = await searchFields(context, uids, criteria, now, means)
  uids = found
  const filter = filterOfAll(left)
  // Few messages are looked into sooner than they are looked up.
  if (filter !== undefined && uids.length > FEW) uids = await session.store.searchCandidates(session.view.mailbox.id, uids, filter)
  for (const costs of [[COST.row], [COST.fields, COST.header], [COST.octets]] as const) {
    const criterion = ofCost(left, ...costs)
    if (criterion === undefined) continue
    await readKeys(context, uids, criterion, means)
    uids = await searchStore(session, uids, criterion.wants, criterion.bind(session, now), means)
  }
  return uids
}

async function searchMemory(session: Selected, test: Test | undefined, means: SearchMeans): Promise<Uid[]> {
  const uids = means.some ?? session.view.uids
  const found: Uid[] = []
  if (test === undefined) {
    await inSlices(uids.length, means.pace, (from, to) => {
      for (let place = from; place < to; place++) found.push(uids[place] as Uid)
    })
    return found
  }
  await inSlices(
    uids.length,
    means.pace,
    (from, to) => {
      for (let place = from; place < to; place++) {
        const uid = uids[place] as Uid
        const number = means.some === undefined ? place + 1 : session.view.numberOf(uid)
        if (test(new Candidate(uid, number, undefined, means)) === true) found.push(uid)
      }
    },
    MESSAGES_A_STEP,
  )
  return found
}

async function searchKeys(
  context: CommandContext<Selected>,
  uids: readonly Uid[],
  criterion: Criterion,
  test: Test,
  means: SearchMeans,
): Promise<Uid[]> {
  const columns = await readKeys(context, uids, criterion, means)
  return searchColumns(context.session, uids, columns, test, means)
}

/** What asks for fields is answered by those that are kept, if all of them are. `left`: what is still to be asked. */
async function searchFields(
  context: CommandContext<Selected>,
  uids: readonly Uid[],
  criteria: readonly Criterion[],
  now: EpochMs,
  means: SearchMeans,
): Promise<{ readonly found: readonly Uid[]; readonly left: readonly Criterion[] }> {
  const { session, services } = context
  const criterion = ofCost(criteria, COST.fields)
  const of = { store: session.store, mailbox: session.view.mailbox.id }
  const asked = new Uint32Array(uids)
  const columns: KeyColumn[] = []
  const byName = Map.groupBy(criterion?.fields ?? [], ({ name }) => name)
  for (const [name, needles] of byName) {
    const column = await services.keys.fields(of, name, asked, means.pace)
    if (column === undefined) continue
    columns.push(column)
    for (const needle of needles) means.fields.set(needle, await column.containing(needle.text, means.pace))
  }
  if (criterion === undefined || columns.length < byName.size) return { found: uids, left: criteria }
  columns.push(...(await readKeys(context, uids, criterion, means)))
  const found = await searchColumns(session, uids, columns, criterion.bind(session, now), means)
  return { found, left: criteria.filter(({ cost }) => cost !== COST.fields) }
}

/** Those that all columns know – others are gone for good – and that pass. */
async function searchColumns(
  { view }: Selected,
  uids: readonly Uid[],
  columns: readonly KeyColumn[],
  test: Test,
  means: SearchMeans,
): Promise<Uid[]> {
  const asked = new Uint32Array(uids)
  const places: Int32Array[] = []
  for (const column of columns) places.push(await placesIn(column.uids, asked, means.pace))
  const found: Uid[] = []
  await inSlices(
    uids.length,
    means.pace,
    (from, to) => {
      for (let at = from; at < to; at++) {
        const uid = uids[at] as Uid
        if (places.some((each) => each[at] === -1)) continue
        if (test(new Candidate(uid, view.numberOf(uid), undefined, means)) === true) found.push(uid)
      }
    },
    MESSAGES_A_STEP,
  )
  return found
}

async function readKeys(
  { session, services }: CommandContext<Selected>,
  uids: readonly Uid[],
  { keys = [] }: Criterion,
  means: SearchMeans,
): Promise<NumberColumn[]> {
  const of = { store: session.store, mailbox: session.view.mailbox.id }
  for (const name of keys) means.keys.set(name, await services.keys.numbers(of, name, new Uint32Array(uids)))
  return [...means.keys.values()]
}

async function searchStore(
  session: Selected,
  uids: readonly Uid[],
  wants: FetchWants | undefined,
  test: Test,
  means: SearchMeans,
): Promise<Uid[]> {
  means.texts.begin(uids)
  const found: Uid[] = []
  let asked = 0
  const ask = async (uid: Uid, row: MessageRow | undefined): Promise<void> => {
    means.progress.at(asked++, uids.length)
    if (await holds(test, new Candidate(uid, session.view.numberOf(uid), row, means))) found.push(uid)
    await means.pace.pause()
  }
  if (wants === undefined) for (const uid of uids) await ask(uid, undefined)
  else for await (const row of eachRow(session, uids, wants)) await ask(row.uid, row)
  return found
}

async function holds(test: Test, candidate: Candidate): Promise<boolean> {
  try {
    return await test(candidate)
  } catch (error) {
    if (error instanceof StoreError && error.code === 'message-not-found') return false
    throw error
  }
}
