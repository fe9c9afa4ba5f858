/** One operation after the other, each by all servers in turn, as often as asked for. */
import type { Figures } from './generator.ts'
import type { Operation } from './operations.ts'
import { publish } from './publish.ts'
import { renderRows } from './report.ts'
import { disagreements, machine, type Result, type Results, writeResults } from './results.ts'
import type { Server } from './servers/server.ts'
import { versions } from './versions.ts'

export type Attempt = (operation: Operation, server: Server) => Promise<readonly Figures[]>

/** Options of both benchmarks. */
export const OPTIONS = {
  quick: { type: 'boolean', default: false },
  runs: { type: 'string' },
  only: { type: 'string' },
  servers: { type: 'string' },
  dir: { type: 'string' },
  out: { type: 'string' },
  publish: { type: 'boolean', default: false },
} as const

/** Stops each, whatever becomes of the others, and says of which it could not. Their folders have to be there still. */
export async function stopAll(servers: readonly Server[]): Promise<void> {
  const stopped = await Promise.allSettled(servers.map((server) => server.stop()))
  for (const [index, { status, ...rest }] of stopped.entries())
    if (status === 'rejected') console.error(`${servers[index]?.title} was not stopped:`, rest)
}

/** Servers are no children of this process: they have to be stopped when it is told to end. */
export function stopWhenEnded(servers: readonly Server[]): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stopAll(servers).then(() => process.exit(1)))
}

/** Who is first changes from turn to turn. */
export async function takeTurns(
  operations: readonly Operation[],
  servers: readonly Server[],
  runs: number,
  attempt: Attempt,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const operation of operations)
    for (let n = 0; n < Math.min(runs, operation.runs ?? runs); n++) {
      const taking = operation.alone === true ? servers.slice(0, 1) : servers
      for (const server of n % 2 === 1 ? taking.toReversed() : taking) results.push(...(await take(operation, server, n, attempt)))
    }
  return results
}

async function take(operation: Operation, server: Server, run: number, attempt: Attempt): Promise<Result[]> {
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

export interface Conclusion {
  readonly operations: readonly Operation[]
  readonly servers: readonly Server[]
  readonly results: readonly Result[]
  /** Where the raw results go besides. */
  readonly out: string | undefined
  /** Where they are kept, and published from. */
  readonly published: string | undefined
}

/** Prints the table and what was wrong, keeps and publishes what is to be. Returns the exit status. */
export async function conclude({ operations, servers, results, out, published }: Conclusion): Promise<number> {
  const all: Results = {
    when: new Date().toISOString().slice(0, 16),
    machine: machine(),
    versions: versions(),
    servers: Object.fromEntries(servers.map(({ name, title }) => [name, title])),
    results,
  }
  console.log(renderRows(all, operations))
  const failed = results.flatMap(({ row, server, wrong }) => (wrong === undefined ? [] : [`${row} on ${server}: ${wrong}`]))
  const wrong = [
    ...new Set(failed),
    ...disagreements(
      results,
      operations.flatMap(({ rows }) => rows),
    ),
  ]
  for (const line of wrong) console.log(`WRONG: ${line}`)
  if (out !== undefined) writeResults(out, all)
  if (published !== undefined) await publish(published, all)
  console.error(`${(performance.now() / 60_000).toFixed(1)} minutes`)
  return wrong.length === 0 ? 0 : 1
}
