/** What is measured beside Postfix. */
import type { Goal, Operation } from './operations.ts'

const goal: Goal = { kind: 'ratio', cpu: 2, rate: 2 }

function leaving(name: string, title: string, messages: number, more: readonly string[] = []): Operation {
  return {
    name,
    group: 'Mail leaves',
    run: ['leave', '--messages', String(messages), '--connections', '10', '--size', '5120', ...more],
    quick: { messages: Math.ceil(messages / 4) },
    rows: [{ id: `leave-${name}`, phase: 'leave', title, goal }],
  }
}

/** Before it, 100,000 recipients are put into the queue whose server refuses. */
export const DEFERRED = leaving('deferred', '5 KiB to one destination, 100,000 recipients waiting', 1000)

/** By RSA and Ed25519. Postfix signs nothing by itself, and is as it was. */
export const SIGNED = leaving('signed', '5 KiB to one destination, signed twice by DKIM; Postfix unsigned', 1000)

export const OUTBOUND: readonly Operation[] = [
  leaving('one', '5 KiB to one destination', 1000),
  SIGNED,
  leaving('many', '5 KiB to 100 destinations', 1000, ['--domains', '100']),
  leaving('recipients', '5 KiB to 100 recipients each, one destination', 100, ['--per-message', '100']),
  leaving('dead', '5 KiB to one destination, mail for two dead ones waiting', 1000, ['--dead', '2']),
  DEFERRED,
]
