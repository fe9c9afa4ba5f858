/**
 * Everything that clients do to mail, under SIGKILL. Owners deliver, append, flag, copy, move, expunge, create, rename and delete, and read by POP3, each in an
 * account of its own; the server is killed at random moments, also while it starts, migrates, backs up, indexes and gives space back, and started again. Whatever
 * was answered is there, once, and what was under way is there whole or not at all; no UID, unique-id or modseq means anything else than before; and the
 * database is consistent.
 *
 *   npm run crash:acts -- [--rounds 50] [--seed N] [--owners 5] [--mistake early|twice|halves|all]
 *
 * --mistake: the rig lies to itself, and has to find it.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkConsistency } from '@mailstead/sqlite'
import { seeded } from '@mailstead/testkit'
import { makeServer } from '../../interop/server.ts'
import { mistaken } from '../../plants/mistakes.ts'
import { type Disturbance, disturbances } from './disturbances.ts'
import { Ledger } from './ledger.ts'
import { RigMigrations } from './migrations.ts'
import { type Mistake, Owner } from './owner.ts'

const MISTAKES: readonly Mistake[] = ['early', 'twice', 'halves']
/** Rounds in which a mistake has to be seen. */
const ROUNDS_OF_MISTAKES = 25
const DOMAIN = 'crash.test'
/** Space of what was expunged is given back all the time, not once an hour. */
const HASTY_PURGE = [
  ['FIRST_PURGE = 60 * 1000', 'FIRST_PURGE = 100'],
  ['PURGE_INTERVAL = 60 * 60 * 1000', 'PURGE_INTERVAL = 100'],
  ['EXPUNGED_KEPT = 60 * 60 * 1000', 'EXPUNGED_KEPT = 500'],
].map(([text = '', instead = '']) => ({ file: 'apps/server/src/limits.ts', text, instead }))

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    owners: { type: 'string', default: '5' },
    mistake: { type: 'string' },
  },
})
process.env['MAILSTEAD_AUTH_PLAINTEXT'] = 'loopback'
console.log(`seed ${values.seed}`)

if (values.mistake === undefined) {
  const problems = await run(Number(values.rounds), undefined)
  for (const problem of problems) console.log(problem)
  process.exit(problems.length === 0 ? 0 : 1)
}
let unseen = 0
for (const mistake of MISTAKES.filter((each) => values.mistake === 'all' || values.mistake === each)) {
  const [first] = await run(ROUNDS_OF_MISTAKES, mistake)
  if (first === undefined) unseen++
  console.log(first === undefined ? `${mistake}: NOT SEEN` : `${mistake}: seen: ${first.slice(0, 150)}`)
}
process.exit(unseen)

/** Resolves to what is wrong, in words; ends with the first round in which something is. */
async function run(rounds: number, mistake: Mistake | undefined): Promise<string[]> {
  const random = seeded(Number(values.seed))
  const users = Array.from({ length: Number(values.owners) }, (_, n) => `owner${n}@${DOMAIN}`)
  const migrations = new RigMigrations()
  const env = { ...mistaken([migrations.mistake, ...HASTY_PURGE]), MAILSTEAD_STORE_UNDELETE_DAYS: '0' }
  const server = await makeServer(DOMAIN, Object.fromEntries(users.map((user) => [user, 'secret'])), '2G', env)
  const owners = users.map((user, n) => {
    const ownRandom = seeded(random.int(2 ** 32) + n)
    return new Owner({ user, password: 'secret', ports: server.ports, random: ownRandom, ledger: new Ledger(), mistake })
  })
  const counts = new Map<string, number>()
  const problems: string[] = []
  const examine = async (): Promise<void> => {
    for (const found of await Promise.all(owners.map((owner) => owner.check()))) problems.push(...found)
    problems.push(...checkConsistency(join(server.dir, 'mail.db')).problems)
  }
  await server.start('--log-level', 'warn')
  await examine()
  for (let round = 0; round < rounds && problems.length === 0; round++) {
    const working = owners.map((owner) => owner.work().catch((error: unknown) => problems.push(String(error))))
    const name = random.pick([...disturbances.keys()])
    counts.set(name, (counts.get(name) ?? 0) + 1)
    const disturbance = disturbances.get(name) as Disturbance
    problems.push(...(await disturbance({ server, random, migrations })))
    await Promise.all(working)
    await examine()
    if ((round + 1) % 100 === 0) console.log(`${round + 1} rounds`)
  }
  const code = await server.stop()
  if (code !== 0) problems.push(`the server ended with ${code}`)
  const kills = [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
  console.log(
    `kills: ${kills}; ${owners.reduce((sum, { acknowledged }) => sum + acknowledged, 0)} acts acknowledged, ${problems.length} wrong`,
  )
  migrations.remove()
  if (problems.length === 0 || mistake !== undefined) server.remove()
  else console.log(`the data is kept in ${server.dir}`)
  return problems
}
