/** One operation after the other, each by all servers in turn, as often as asked for. */
import type { Figures } from './generator.ts'
import { MACHINE } from './limits.ts'
import type { Operation } from './operations.ts'
import { isWhole, outOf, runsOf, type Values } from './options.ts'
import { publish } from './publish.ts'
import { renderAll } from './report.ts'
import { disagreements, failures, machine, type Result, type Results, writeResults } from './results.ts'
import type { Server } from './servers/server.ts'
import { versions } from './versions.ts'

export interface Bench {
  readonly kind: Results['kind']
  readonly values: Values
  readonly operations: readonly Operation[]
  /** Ours first. */
  readonly servers: readonly Server[]
  readonly attempt: (operation: Operation, server: Server) => Promise<readonly Figures[]>
}

/** Who is first changes from turn to turn. What there is so far is kept after each, for a run that does not come to its end. */
export async function takeTurns(bench: Bench): Promise<readonly Result[]> {
  const { operations, servers, values } = bench
  const results: Result[] = []
  for (const operation of operations)
    for (const [n, first] of turnsOf(operation, values).entries()) {
      const taking = operation.on === 'machine' ? [MACHINE] : operation.on === 'ours' ? servers.slice(0, 1) : servers
      for (const server of n % 2 === 1 ? taking.toReversed() : taking) {
        const taken = await take(bench, operation, server, n)
        results.push(...taken.map((each): Result => (first ? { ...each, first } : each)))
        writeResults(outOf(values, bench.kind), { ...resultsOf(bench, results), whole: false })
      }
    }
  return results
}

/**
 * The turns of an operation, and whether each is one that does not count: a server runs for months, and what is compiled while it runs
 * is slow at first. What is done once or twice only, or not by the generator, has no such turn.
 */
function turnsOf({ runs, own }: Operation, values: Values): readonly boolean[] {
  const counted = Array.from({ length: Math.min(runsOf(values), runs ?? Infinity) }, () => false)
  return runs === undefined && own === undefined && !values.quick ? [true, ...counted] : counted
}

async function take({ attempt }: Bench, operation: Operation, server: Server, run: number): Promise<Result[]> {
  const start = performance.now()
  const phases = await attempt(operation, server).catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
  const wrong = typeof phases === 'string' ? phases : undefined
  const took = ((performance.now() - start) / 1000).toFixed(1)
  console.error(`${operation.name}, run ${run + 1}, ${server.title}: ${took} s${wrong === undefined ? '' : `: ${wrong}`}`)
  return operation.rows.flatMap(({ id, phase }): Result[] => {
    if (typeof phases === 'string') return [{ row: id, server: server.name, run, wrong: phases }]
    const figures = phases.find((each) => each.phase === phase)
    return figures === undefined ? [] : [{ row: id, server: server.name, run, figures }]
  })
}

function resultsOf({ kind, values, servers }: Bench, results: readonly Result[]): Results {
  return {
    kind,
    whole: isWhole(values),
    runs: runsOf(values),
    when: new Date().toISOString().slice(0, 16),
    machine: machine(),
    versions: versions(),
    servers: Object.fromEntries(servers.map(({ name, title }) => [name, title])),
    results,
  }
}

/** Prints the tables and what was wrong, keeps and publishes what is to be. Returns the exit status. */
export function conclude(bench: Bench, results: readonly Result[]): number {
  const { operations, values } = bench
  const all = resultsOf(bench, results)
  const out = outOf(values, bench.kind)
  writeResults(out, all)
  console.log(renderAll(all, operations))
  const rows = operations.flatMap((operation) => operation.rows)
  const wrong = [...failures(results), ...disagreements(results, rows)]
  for (const line of wrong) console.log(`WRONG: ${line}`)
  if (values.publish) publish(all)
  console.error(`${(performance.now() / 60_000).toFixed(1)} minutes; ${out}`)
  return wrong.length === 0 ? 0 : 1
}
