/**
 * SEARCH against a reference that shares no code with the server: `npm run search:reference -- [messages] [searches]`.
 * Messages of the corpus and generated ones; MAILSTEAD_SEED repeats a run, MAILSTEAD_CORPUS names the folder of mail.
 */
import { withSeed } from '@mailstead/testkit'
import { randomMessage } from './generator.ts'
import { realMail } from './real-mail.ts'
import { SearchScene } from './scene.ts'

const [messages = 10_000, searches = 500] = process.argv.slice(2).map(Number)
const cleanUp: (() => unknown)[] = []

try {
  await withSeed(async (random) => {
    console.log(`seed ${random.seed}`)
    // A third is made at least: what is hard to find is rare in real mail.
    const real = realMail()
      .toSorted(() => random.next() - 0.5)
      .slice(0, (2 * messages) / 3)
    const made = Array.from({ length: messages - real.length }, () => randomMessage(random))
    const all = [...real, ...made].toSorted(() => random.next() - 0.5)
    const scene = await SearchScene.open({ after: (run: () => unknown) => void cleanUp.push(run) } as never)
    // Some searches meet messages that have just come.
    for (let at = 0; at < all.length; at += 1000) {
      await scene.append(random, all.slice(at, at + 1000))
      await scene.compareRandom(random, 3)
    }
    await scene.indexed()
    const found = await scene.compareRandom(random, searches)
    console.log(
      `${real.length} real and ${made.length} made messages, ${searches} searches as the reference has them, ${found} with a result`,
    )
  })
} finally {
  for (const run of cleanUp.reverse()) await run()
}
