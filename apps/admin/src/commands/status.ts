import { formatSize } from '@mailstead/base'
import type { AdminContext, ListenerFacts, ServerFacts } from '@mailstead/server'
import type { QueueStatus, StoreStatus } from '@mailstead/store'
import type { CliCommand } from '../command.ts'
import { CommandError } from '../errors.ts'
import { columns, count, when } from '../format.ts'
import { CERTIFICATE_NOTICE, STATUS_PATIENCE } from '../limits.ts'

/** What `status` judges by; the store itself knows of a full disk. */
export interface Observation {
  readonly facts: ServerFacts | undefined
  readonly store: StoreStatus
  readonly queue: QueueStatus
  readonly freeDisk: number
}

/** Everything an administrator should see to, in words; empty when well. */
export function problemsOf({ facts, store }: Observation, now: number): string[] {
  const problems = [...store.problems]
  if (facts === undefined) problems.push('the server is not running')
  else if (facts.certificate.notAfter < now) problems.push(`the certificate ended on ${when(facts.certificate.notAfter)}`)
  else if (facts.certificate.notAfter < now + CERTIFICATE_NOTICE)
    problems.push(`the certificate ends on ${when(facts.certificate.notAfter)}`)
  return problems
}

const status: CliCommand = {
  name: 'status',
  summary: 'Says how the server is; exit code 1 when it is unwell or not running',
  examples: ['mailstead status', 'mailstead status --json'],

  async run(shell) {
    const observation = await observe(await shell.admin())
    const problems = problemsOf(observation, Date.now())
    const { facts, store, queue, freeDisk } = observation
    shell.result(
      {
        ok: problems.length === 0,
        running: facts !== undefined,
        problems,
        server: facts ?? null,
        store,
        queue: { ...queue, oldest: queue.oldest ?? null },
        freeDisk,
      },
      describe(observation, problems),
    )
    return problems.length === 0 ? 0 : 1
  },
}

/** A server that hangs takes the connection but gives no answer. */
async function observe({ server, maintenance, queue }: AdminContext): Promise<Observation> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new CommandError(`the server does not answer within ${STATUS_PATIENCE / 1000} seconds`)),
      STATUS_PATIENCE,
    ).unref()
  })
  const all = Promise.all([server.facts(), maintenance.status(), queue.status(), server.freeDisk()])
  const [facts, store, waiting, freeDisk] = await Promise.race([all, late])
  return { facts, store, queue: waiting, freeDisk }
}

function describe({ facts, store, queue, freeDisk }: Observation, problems: readonly string[]): string {
  const rows: [string, string][] = [['health', problems.length === 0 ? 'well' : problems.join('; ')]]
  if (facts === undefined) rows.push(['server', 'stopped'])
  else {
    rows.push(['server', `${facts.hostName}, mailstead ${facts.version}, process ${facts.pid}, since ${when(facts.startedAt)}`])
    rows.push(['connections', `${facts.connections}`])
    rows.push(['ports', facts.listeners.map(placeOf).join(', ')])
    if (facts.metrics !== undefined) rows.push(['metrics', `http://${hostOf(facts.metrics.host)}:${facts.metrics.port}/metrics`])
    rows.push(['certificate', `${facts.certificate.names.join(', ')} until ${when(facts.certificate.notAfter)}`])
    if (facts.caFile !== undefined) rows.push(['CA file', facts.caFile])
  }
  rows.push(['mail', `${count(store.messages, 'message')} in ${count(store.accounts, 'account')}`])
  rows.push(['queue', waits(queue)])
  if (store.unindexed > 0) rows.push(['search index', `${count(store.unindexed, 'message')} still to come`])
  rows.push(['database', `${formatSize(store.databaseSize)}, schema ${store.schema}; ${formatSize(freeDisk)} of disk free`])
  return columns(['', ''], rows).trimStart()
}

function waits({ queued, held, deferred, oldest }: QueueStatus): string {
  if (queued === 0) return 'nothing waits'
  return `${count(queued, 'recipient')}, ${deferred} tried before, ${held} held; the first since ${when(oldest)}`
}

function placeOf({ role, host, port, socket }: ListenerFacts): string {
  if (socket !== undefined) return `${role} ${socket}`
  return `${role} ${hostOf(host)}:${port}`
}

const hostOf = (host: string): string => (host.includes(':') ? `[${host}]` : host)

export const statusCommands = [status]
