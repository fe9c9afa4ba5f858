import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { checkConsistency } from '@mailstead/sqlite'
import type { Random } from '@mailstead/testkit'
import { commandLine, type RealServer } from '../../interop/server.ts'
import type { RigMigrations } from './migrations.ts'

export interface Scene {
  readonly server: RealServer
  readonly random: Random
  readonly migrations: RigMigrations
}

/** Kills the server while clients are at work, and starts it again. Resolves to what is wrong, in words. */
export type Disturbance = (scene: Scene) => Promise<string[]>

const START = ['--log-level', 'warn'] as const
/** Longer than a start takes. */
const START_TIME = 900

const plain: Disturbance = async ({ server, random }) => {
  await wait(100 + random.int(1400))
  await server.kill()
  await server.start(...START)
  return []
}

/** Killed again and again before it is ready. */
const starting: Disturbance = async ({ server, random }) => {
  await wait(100 + random.int(700))
  await server.kill()
  for (let again = 1 + random.int(3); again > 0; again--) {
    const started = server.start(...START).catch(() => {})
    await wait(random.int(START_TIME))
    await server.kill()
    await started
  }
  await server.start(...START)
  return []
}

/** A backup that has its name is a database like any other, also where the server was killed before it could say that it was done. */
const backingUp: Disturbance = async ({ server, random }) => {
  const file = join(server.dir, 'backup.db')
  await wait(random.int(500))
  const backup = commandLine(server.dir, ['backup', file])
  const ended = once(backup, 'exit') as Promise<[number | null]>
  await wait(random.int(1500))
  await server.kill()
  const [code] = await ended
  const problems = existsSync(file) ? checkConsistency(file).problems.map((problem) => `the backup: ${problem}`) : []
  if (code === 0 && !existsSync(file)) problems.push('a backup that was done is not there')
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
  await server.start(...START)
  return problems
}

/** The search index is lost, and the server killed again while it makes another. */
const indexing: Disturbance = async ({ server, random }) => {
  await wait(100 + random.int(700))
  await server.kill()
  for (const end of ['', '-wal', '-shm']) rmSync(join(server.dir, `search.index${end}`), { force: true })
  await server.start(...START)
  await wait(random.int(300))
  await server.kill()
  await server.start(...START)
  return []
}

/** The next version brings a migration that reads and writes every message. */
const migrating: Disturbance = async ({ server, random, migrations }) => {
  await wait(100 + random.int(700))
  await server.kill()
  migrations.add()
  for (let again = 1 + random.int(2); again > 0; again--) {
    const started = server.start(...START).catch(() => {})
    await wait(START_TIME / 4 + random.int(START_TIME))
    await server.kill()
    await started
  }
  await server.start(...START)
  return migrations.problems(join(server.dir, 'mail.db'))
}

export const disturbances: ReadonlyMap<string, Disturbance> = new Map([
  ['at work', plain],
  ['while starting', starting],
  ['while backing up', backingUp],
  ['while indexing', indexing],
  ['while migrating', migrating],
])
