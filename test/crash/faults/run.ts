/**
 * Everything that clients do to mail, while the disk below the server is full, broken, read-only or slow, and while its clock jumps. What is
 * answered with OK is there and stays there; what is refused is refused for now, in each protocol's words; and when the trouble is over all goes on,
 * without a hand.
 *
 *   npm run crash:faults -- [--rounds 14] [--seed N] [--owners 5] [--only NAME] [--mistake early|halves|all]
 *
 * --mistake: the rig lies to itself, and has to find it. Needs a C compiler.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checkConsistency } from '@mailstead/sqlite'
import { seeded, type Random } from '@mailstead/testkit'
import { makeServer, type RealServer } from '../../interop/server.ts'
import { Ledger } from '../acts/ledger.ts'
import { type Mistake, Owner } from '../acts/owner.ts'
import { Disk, makeLibrary } from './disk.ts'
import { type Fault, faults } from './faults.ts'
import { suffer, type Suffering } from './sufferer.ts'

const MISTAKES: readonly Mistake[] = ['early', 'halves']
/** Rounds in which a mistake has to be seen. */
const ROUNDS_OF_MISTAKES = 10
const DOMAIN = 'crash.test'
/** ms after the end of a trouble in which its traces may still be met. */
const RECOVERY = 3000
/** ms of ordinary work before and after. */
const WORK = 700

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: String(2 * faults.size) },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    owners: { type: 'string', default: '5' },
    only: { type: 'string' },
    mistake: { type: 'string' },
  },
})
console.log(`seed ${values.seed}`)
const dir = mkdtempSync(join(tmpdir(), 'mailstead-faults-'))
process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
const library = makeLibrary(dir)
if (library === undefined) {
  console.log('skipped: there is no C compiler (cc) to make the shim')
  process.exit(0)
}
process.env['MAILSTEAD_AUTH_PLAINTEXT'] = 'loopback'
const names = [...faults.keys()].filter((name) => values.only === undefined || name.startsWith(values.only))

if (values.mistake === undefined) {
  const problems = await run(library, Number(values.rounds), undefined)
  for (const problem of problems) console.log(problem)
  process.exit(problems.length === 0 ? 0 : 1)
}
let unseen = 0
for (const mistake of MISTAKES.filter((each) => values.mistake === 'all' || values.mistake === each)) {
  const [first] = await run(library, ROUNDS_OF_MISTAKES, mistake)
  if (first === undefined) unseen++
  console.log(first === undefined ? `${mistake}: NOT SEEN` : `${mistake}: seen: ${first.slice(0, 150)}`)
}
process.exit(unseen)

/** Resolves to what is wrong, in words; ends with the first round in which something is. */
async function run(shim: string, rounds: number, mistake: Mistake | undefined): Promise<string[]> {
  const random = seeded(Number(values.seed))
  const users = Array.from({ length: Number(values.owners) }, (_, n) => `owner${n}@${DOMAIN}`)
  const env: Record<string, string> = {}
  const server = await makeServer(DOMAIN, Object.fromEntries(users.map((user) => [user, 'secret'])), '2G', env)
  const disk = new Disk(dir, server.dir, shim)
  Object.assign(env, disk.env)
  const owners = users.map((user, n) => {
    const ownRandom = seeded(random.int(2 ** 32) + n)
    return new Owner({ user, password: 'secret', ports: server.ports, random: ownRandom, ledger: new Ledger(), mistake })
  })
  const suffering: Suffering = { problems: [], refused: 0 }
  await server.start('--log-level', 'warn')
  for (const owner of owners) suffering.problems.push(...(await owner.check()))
  for (let round = 0; round < rounds && suffering.problems.length === 0; round++) {
    const name = names[round % names.length] ?? ''
    const refused = suffering.refused
    const felt = disk.felt
    const acknowledged = sum(owners)
    await strike({ server, disk, owners, suffering, random, fault: faults.get(name) as Fault })
    suffering.problems.push(...checkConsistency(join(server.dir, 'mail.db')).problems)
    console.log(
      `${name}: ${disk.felt - felt} acts of the disk failed, ${suffering.refused - refused} answers refused, ${sum(owners) - acknowledged} acts acknowledged`,
    )
  }
  const code = await server.stop()
  disk.close()
  if (code !== 0) suffering.problems.push(`the server ended with ${code}`)
  console.log(`${sum(owners)} acts acknowledged, ${suffering.refused} answers refused for now, ${suffering.problems.length} wrong`)
  if (suffering.problems.length === 0 || mistake !== undefined) server.remove()
  else console.log(`the data is kept in ${server.dir}`)
  return suffering.problems
}

interface Scene {
  readonly server: RealServer
  readonly disk: Disk
  readonly owners: readonly Owner[]
  readonly suffering: Suffering
  readonly random: Random
  readonly fault: Fault
}

/** One fault, from before it begins until all goes on. */
async function strike({ disk, owners, suffering, random, fault }: Scene): Promise<void> {
  let over = false
  let troubled = false
  const working = owners.map((owner) =>
    suffer(
      owner,
      suffering,
      () => over,
      () => troubled,
    ),
  )
  const refused = suffering.refused
  await wait(WORK)
  troubled = fault.refuses
  for (const trouble of fault.troubles) {
    disk.set(trouble)
    await wait(random.int(WORK) + WORK / fault.troubles.length)
  }
  disk.set({})
  await wait(RECOVERY)
  troubled = false
  const recovered = sum(owners)
  await wait(WORK)
  over = true
  await Promise.all(working)
  if (fault.refuses && suffering.refused === refused) suffering.problems.push('nothing was refused: the fault was not felt')
  if (sum(owners) === recovered) suffering.problems.push('nothing goes on after the trouble')
}

function sum(owners: readonly Owner[]): number {
  return owners.reduce((total, { acknowledged }) => total + acknowledged, 0)
}
