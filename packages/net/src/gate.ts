import { countedBy, isLoopback } from './address.ts'
import { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } from './limits.ts'

export interface GateOptions {
  /** Connections at once. */
  readonly total?: number
  /** Of one IPv4 address or IPv6 /64. */
  readonly perAddress?: number
  /** Clients on this machine count towards the total only. */
  readonly exemptLoopback?: boolean
}

export type Admission = { readonly ok: true; release(): void } | { readonly ok: false; readonly reason: 'total' | 'address' }

/** Counts the connections of all listeners that share it, and says no when there are too many. */
export class ConnectionGate {
  readonly #total: number
  readonly #perAddress: number
  readonly #exemptLoopback: boolean
  readonly #counts = new Map<string, number>()
  #open = 0

  constructor(options: GateOptions = {}) {
    this.#total = options.total ?? MAX_CONNECTIONS
    this.#perAddress = options.perAddress ?? MAX_CONNECTIONS_PER_ADDRESS
    this.#exemptLoopback = options.exemptLoopback ?? false
  }

  /** Connections now open. */
  get open(): number {
    return this.#open
  }

  /** `address` as `ConnectionInfo.remoteAddress` has it; `undefined` counts towards the total only. `release` works once. */
  admit(address: string | undefined): Admission {
    if (this.#open >= this.#total) return { ok: false, reason: 'total' }
    const key = address === undefined || (this.#exemptLoopback && isLoopback(address)) ? undefined : countedBy(address)
    if (key !== undefined) {
      const count = this.#counts.get(key) ?? 0
      if (count >= this.#perAddress) return { ok: false, reason: 'address' }
      this.#counts.set(key, count + 1)
    }
    this.#open++
    let held = true
    return {
      ok: true,
      release: () => {
        if (held) this.#leave(key)
        held = false
      },
    }
  }

  #leave(key: string | undefined): void {
    this.#open--
    if (key === undefined) return
    const count = (this.#counts.get(key) ?? 0) - 1
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}
