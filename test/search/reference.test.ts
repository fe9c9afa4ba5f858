import { test } from 'node:test'
import { NO_CORPUS, withSeed } from '@mailstead/testkit'
import { randomMessage } from './generator.ts'
import { realMail } from './real-mail.ts'
import { SearchScene } from './scene.ts'

test('every search key finds what the reference finds', (t) =>
  withSeed(async (random) => {
    const scene = await SearchScene.open(t)
    await scene.append(
      random,
      Array.from({ length: 200 }, () => randomMessage(random)),
    )
    await scene.compareRandom(random, 50)
    await scene.indexed()
    await scene.compareRandom(random, 150)
  }))

test('in real mail too', { skip: NO_CORPUS }, (t) =>
  withSeed(async (random) => {
    const scene = await SearchScene.open(t)
    const all = realMail({ archives: false })
    await scene.append(
      random,
      Array.from({ length: 150 }, () => random.pick(all)),
    )
    await scene.indexed()
    await scene.compareRandom(random, 100)
  }),
)
