import type { Finding } from '@mailstead/delivery'
import { MAX_REASON } from './limits.ts'
import { WEIGHTS, type Fault } from './weights.ts'

/** A fault of the table; `reason` may hold what strangers or DNS say, and is made fit for a reply. */
export function fault(name: Fault, reason: string): Finding {
  return finding(name, WEIGHTS[name], reason)
}

export function finding(check: string, weight: number, reason: string): Finding {
  return { check, weight, reason: reason.replaceAll(/[^ -~]/g, '?').slice(0, MAX_REASON) }
}
