/** What must never be used twice or go back, over all restarts. Each method returns what is wrong, in words. */
export class Ledger {
  readonly #names = new Map<string, string>()
  readonly #unique = new Map<string, string>()
  readonly #highest = new Map<string, number>()

  /** A UID means one message for good, in the mailbox that its UIDVALIDITY stands for. */
  uid(validity: number, uid: number, name: string): string[] {
    return once(this.#names, `UID ${uid} of UIDVALIDITY ${validity}`, name)
  }

  /** POP3's unique-id. */
  uniqueId(id: string, name: string): string[] {
    return once(this.#unique, `unique-id ${id}`, name)
  }

  /** UIDNEXT and HIGHESTMODSEQ never go back. */
  highest(what: string, value: number): string[] {
    const before = this.#highest.get(what) ?? 0
    this.#highest.set(what, Math.max(before, value))
    return value < before ? [`${what} went back from ${before} to ${value}`] : []
  }
}

function once(names: Map<string, string>, key: string, name: string): string[] {
  const before = names.get(key)
  names.set(key, name)
  return before === undefined || before === name ? [] : [`${key} was ${before} and is ${name}`]
}
