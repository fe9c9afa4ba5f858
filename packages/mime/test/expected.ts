import assert from 'node:assert/strict'

/** Why a message of the corpus is read otherwise than another program read it, by the message's name. */
export type Argued = Readonly<Record<string, string>>

/**
 * Holds what was found to differ against what is argued: a new difference fails with what it is, and so does an argument
 * that nothing needs any more.
 */
export function holdAgainst(found: ReadonlyMap<string, unknown>, argued: Argued): void {
  for (const [name, difference] of found) {
    if (argued[name] === undefined) assert.fail(`${name} is read otherwise: ${JSON.stringify(difference).slice(0, 2_000)}`)
  }
  assert.deepEqual(
    Object.keys(argued).filter((name) => !found.has(name)),
    [],
    'argued, but read the same',
  )
}

export interface Difference {
  /** Places in the lists, outermost first: `.0.2`. */
  readonly path: string
  readonly ours: unknown
  readonly theirs: unknown
}

/** All places where two values of lists and strings differ; lists of other lengths differ as a whole. */
export function* differences(ours: unknown, theirs: unknown, path = ''): Generator<Difference> {
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    for (const [index, each] of ours.entries()) yield* differences(each, theirs[index], `${path}.${index}`)
  } else if (!Object.is(ours, theirs)) yield { path, ours, theirs }
}
