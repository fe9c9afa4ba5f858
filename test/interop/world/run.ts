/**
 * A small world of mail: two Mailsteads, a Postfix and an Exim on loopback addresses of their own, port 25 each, and a validating resolver
 * (unbound) with signed, unsigned and broken zones. They find each other by DNS alone. Mail goes in every direction, and Mailstead has to
 * keep to what DANE and MTA-STS say of where it goes.
 *
 *   npm run interop:world [-- WORD…]      checks whose name has one of the words
 *   npm run interop:world -- --plants     mistakes in one Mailstead: the checks have to see them
 *
 * MAILSTEAD_KEEP=1 leaves the world's folder behind.
 */
import { parseArgs } from 'node:util'
import { Semaphore } from '@mailstead/base'
import type { Check } from './checks.ts'
import { exchangeChecks } from './exchange.ts'
import { judgedChecks } from './judged.ts'
import { leavingChecks } from './leaving.ts'
import { PLANTS } from './plants.ts'
import { makeWorld, noWorld, type World } from './world.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { plants: { type: 'boolean', default: false } } })
const ALL: readonly Check[] = [...exchangeChecks(), ...leavingChecks, ...judgedChecks]
/** Checks that begin or end at once. */
const TOGETHER = 8
/** ms that mail may take where a mistake may have lost it. */
const PLANTED_PATIENCE = 5000
/** Characters of what went wrong: the beginning says it, then come whole messages. */
const MAX_TOLD = 1000

let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => (interrupted = true))

type Outcome = 'good' | { readonly skipped: string } | { readonly failed: string }

/** Every check's outcome: all of them begin, then all of them end. */
async function outcomes(world: World, checks: readonly Check[]): Promise<ReadonlyMap<string, Outcome>> {
  const found = new Map<string, Outcome>()
  const slots = new Semaphore(TOGETHER)
  const each = async (act: (check: Check) => Promise<string | undefined | void> | undefined): Promise<void> => {
    const one = (check: Check): Promise<void> => slots.run(async () => void found.set(check.name, await outcome(async () => act(check))))
    await Promise.all(checks.filter(({ name }) => !interrupted && (found.get(name) ?? 'good') === 'good').map(one))
  }
  await each((check) => check.begin?.(world))
  await each((check) => check.end?.(world))
  await each((check) => check.last?.(world))
  return found
}

async function outcome(act: () => Promise<string | undefined | void>): Promise<Outcome> {
  try {
    const skipped = await act()
    return typeof skipped === 'string' ? { skipped } : 'good'
  } catch (error) {
    return { failed: (error instanceof Error ? error.message : String(error)).trim().slice(0, MAX_TOLD) }
  }
}

function wantedChecks(): readonly Check[] {
  return ALL.filter(({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)))
}

async function plain(world: World): Promise<boolean> {
  const found = await outcomes(world, wantedChecks())
  let failed = 0
  for (const [name, outcome] of found) {
    if (outcome === 'good') console.log(`ok   ${name}`)
    else if ('skipped' in outcome) console.log(`SKIP ${name}: ${outcome.skipped}`)
    else {
      failed++
      console.log(`FAIL ${name}: ${outcome.failed}`)
    }
  }
  console.log(`${found.size} checks, ${failed} failed`)
  return failed === 0 && found.size > 0
}

/** Whether each mistake is seen by all the checks that it is for. */
async function planted(world: World): Promise<boolean> {
  let unseen = 0
  for (const { name, mistakes, seenBy } of PLANTS) {
    if (interrupted || (positionals.length > 0 && !positionals.some((word) => name.includes(word)))) continue
    await world.ann.restart(mistakes)
    const found = await outcomes(
      world,
      ALL.filter((check) => seenBy.test(check.name)),
    )
    const blind = [...found].flatMap(([check, outcome]) => (outcome !== 'good' && 'failed' in outcome ? [] : [check]))
    if (found.size === 0 || blind.length > 0) unseen++
    console.log(
      found.size > 0 && blind.length === 0
        ? `ok   ${name}: seen by ${found.size} checks`
        : `FAIL ${name}: not seen by ${blind.join('; ') || 'any check'}`,
    )
  }
  return unseen === 0
}

const missing = noWorld()
if (missing !== undefined) {
  console.log(`SKIP the whole world: ${missing}`)
  process.exit(0)
}
const world = await makeWorld(values.plants ? { patience: PLANTED_PATIENCE } : {})
let good = false
try {
  good = await (values.plants ? planted(world) : plain(world))
} finally {
  await world.stop()
}
process.exit(good && !interrupted ? 0 : 1)
