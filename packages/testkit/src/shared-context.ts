import { after, type TestContext } from 'node:test'

/** What the tests of a suite (or of a file) share is cleaned up when the suite is over, last first. Called in the suite's body. */
export function sharedContext(): Pick<TestContext, 'after'> {
  const cleanUp: (() => unknown)[] = []
  after(async () => {
    for (const run of cleanUp.reverse()) await run()
  })
  return { after: (run: () => unknown) => void cleanUp.push(run) } as Pick<TestContext, 'after'>
}
