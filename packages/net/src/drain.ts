import type { Closable } from './listen.ts'
import type { Service } from './service.ts'

/**
 * Orderly end: no new connections, then every service says its goodbye within `ms`. All are given their time even
 * when one fails; rejects afterwards with what went wrong.
 */
export async function drainAll(listeners: readonly Closable[], services: Iterable<Service>, ms: number): Promise<void> {
  // Clocks keep no process alive, nor do sockets that are not read: without this the end would come before the goodbyes.
  const alive = setInterval(() => {}, ms + 1000)
  const results = await settled(listeners, services, ms).finally(() => clearInterval(alive))
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (errors.length > 0) throw new AggregateError(errors, 'Some services did not drain')
}

async function settled(listeners: readonly Closable[], services: Iterable<Service>, ms: number): Promise<PromiseSettledResult<void>[]> {
  await Promise.all(listeners.map((listener) => listener.close()))
  return Promise.allSettled([...new Set(services)].map((service) => service.drain(ms)))
}
