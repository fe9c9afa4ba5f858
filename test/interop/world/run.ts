/**
 * A small world of mail: two Mailsteads, a Postfix and an Exim on loopback addresses of their own, port 25 each, and a validating resolver
 * (unbound) with signed, unsigned and broken zones. They find each other by DNS alone. Mail goes in every direction, and Mailstead has to
 * keep to what DANE and MTA-STS say of where it goes.
 *
 *   npm run interop:world [-- WORD…]      checks whose name has one of the words
 *
 * MAILSTEAD_KEEP=1 leaves the world's folder behind.
 */
import { parseArgs } from 'node:util'
import { Semaphore } from '@mailstead/base'
import type { Check } from './checks.ts'
import { exchangeChecks } from './exchange.ts'
import { judgedChecks } from './judged.ts'
import { leavingChecks } from './leaving.ts'
import { makeWorld, noWorld, type WorldOptions } from './world.ts'

const { positionals } = parseArgs({ allowPositionals: true })
const ALL: readonly Check[] = [...exchangeChecks(), ...leavingChecks, ...judgedChecks]
/** Checks that begin or end at once. */
const TOGETHER = 8
/** Characters of what went wrong: the beginning says it, then come whole messages. */
const MAX_TOLD = 1000

let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => (interrupted = true))

type Outcome = 'good' | { readonly skipped: string } | { readonly failed: string }

/** Every check's outcome in a world of their own: all of them begin, then all of them end. */
async function outcomes(checks: readonly Check[], options: WorldOptions): Promise<ReadonlyMap<string, Outcome>> {
  const world = await makeWorld(options)
  const found = new Map<string, Outcome>()
  const slots = new Semaphore(TOGETHER)
  const each = async (checksLeft: readonly Check[], act: (check: Check) => Promise<string | undefined | void>): Promise<void> => {
    const one = (check: Check): Promise<void> => slots.run(async () => void found.set(check.name, await outcome(() => act(check))))
    await Promise.all(checksLeft.filter((check) => !interrupted && (found.get(check.name) ?? 'good') === 'good').map(one))
  }
  try {
    await each(checks, (check) => check.begin?.(world) ?? Promise.resolve())
    await each(checks, (check) => check.end?.(world) ?? Promise.resolve())
    await each(checks, (check) => check.last?.(world) ?? Promise.resolve())
  } finally {
    await world.stop()
  }
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

async function plain(): Promise<boolean> {
  const found = await outcomes(wantedChecks(), {})
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

const missing = noWorld()
if (missing !== undefined) {
  console.log(`SKIP the whole world: ${missing}`)
  process.exit(0)
}
const good = await plain()
process.exit(good && !interrupted ? 0 : 1)
