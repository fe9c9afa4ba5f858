import type { EpochMs } from '@mailstead/base'
import type {
  DueTlsReport,
  KeptStsPolicy,
  ReceivedTlsReport,
  StsPolicies,
  TlsDay,
  TlsDayCounts,
  TlsPolicyCounts,
  TlsReports,
} from '@mailstead/store'
import { COUNTED_DAYS, FORGOTTEN } from '../limits.ts'
import type { Parts } from './parts.ts'

export class SqliteStsPolicies implements StsPolicies {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  find(domain: string): Promise<KeptStsPolicy | undefined> {
    return this.#parts.readers.call('findStsPolicy', domain)
  }

  keep(domain: string, policy: KeptStsPolicy): Promise<void> {
    return this.#parts.writer.call('keepStsPolicy', domain, policy)
  }

  note(domain: string, times: { readonly checkedAt: EpochMs } | { readonly usedAt: EpochMs }): Promise<void> {
    return this.#parts.writer.call('noteStsPolicy', domain, times)
  }

  stale(checkedBefore: EpochMs, usedSince: EpochMs, limit: number): Promise<readonly string[]> {
    return this.#parts.readers.call('staleStsPolicies', checkedBefore, usedSince, limit)
  }

  forget(until: EpochMs): Promise<number> {
    return inSteps(() => this.#parts.writer.call('forgetStsPolicies', until))
  }
}

export class SqliteTlsReports implements TlsReports {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async count(counts: readonly TlsDayCounts[]): Promise<void> {
    for (let at = 0; at < counts.length; at += COUNTED_DAYS) {
      await this.#parts.writer.call('countTls', counts.slice(at, at + COUNTED_DAYS))
    }
  }

  due(now: EpochMs, limit: number): Promise<{ readonly due: readonly DueTlsReport[]; readonly next: EpochMs | undefined }> {
    return this.#parts.readers.call('dueTlsReports', now, limit)
  }

  counted(day: TlsDay): Promise<readonly TlsPolicyCounts[]> {
    return this.#parts.readers.call('countedTls', day)
  }

  postpone(day: TlsDay, dueAt: EpochMs): Promise<void> {
    return this.#parts.writer.call('postponeTlsReport', day, dueAt)
  }

  settle(day: TlsDay): Promise<void> {
    return this.#parts.writer.call('settleTlsReport', day)
  }

  receive(report: ReceivedTlsReport): Promise<boolean> {
    return this.#parts.writer.call('receiveTlsReport', report)
  }

  received(query: { readonly domain?: string; readonly since?: EpochMs }, limit: number): Promise<readonly ReceivedTlsReport[]> {
    return this.#parts.readers.call('receivedTls', query, limit)
  }

  async forget({ day, arrived }: { readonly day: number; readonly arrived: EpochMs }): Promise<number> {
    const days = await inSteps(() => this.#parts.writer.call('forgetTlsDays', day))
    return days + (await inSteps(() => this.#parts.writer.call('forgetTlsReports', arrived)))
  }
}

async function inSteps(step: () => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    const gone = await step()
    total += gone
    if (gone < FORGOTTEN) return total
  }
}
