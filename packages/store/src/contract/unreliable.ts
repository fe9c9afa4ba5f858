import type { Change } from '../changes.ts'
import type { MailStore } from '../mail-store.ts'
import type { Random } from './random.ts'

/** `store`, whose notifications of mailboxes get lost, come twice, or come late and after younger ones. */
export function unreliable(store: MailStore, random: Random): MailStore {
  return new Proxy(store, {
    get(target, name): unknown {
      if (name === 'watch') {
        return (mailbox: Parameters<MailStore['watch']>[0], listener: (change: Change) => void) =>
          target.watch(mailbox, disturbed(listener, random))
      }
      if (name === 'watchMailboxes') return (listener: (change: Change) => void) => target.watchMailboxes(disturbed(listener, random))
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function disturbed(listener: (change: Change) => void, random: Random): (change: Change) => void {
  let late: Change[] = []
  return (change) => {
    const dice = random.below(10)
    if (dice === 0) return
    if (dice === 1) {
      late.push(change)
      return
    }
    listener(change)
    if (dice === 2) listener(change)
    if (dice === 3) {
      const now = late
      late = []
      for (const old of now) listener(old)
    }
  }
}
