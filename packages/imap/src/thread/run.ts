import type { Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import { inSlices } from '../keys/slices.ts'
import { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import type { ThreadKind } from './kind.ts'
import { readThreadMessages } from './message.ts'
import { printThreads } from './print.ts'

/** The THREAD response for the messages (ascending). Those that are gone for good are left out. */
export async function runThread(
  { session, respond, services }: CommandContext<Selected>,
  found: readonly Uid[],
  { ancestry, algorithm }: ThreadKind,
  by: 'sequence' | 'uid',
): Promise<void> {
  const { store, view } = session
  const pace = new Pace(respond)
  const messages = await readThreadMessages(services.keys, { store, mailbox: view.mailbox.id }, new Uint32Array(found), ancestry, pace)
  const threads = await algorithm(messages, pace)
  const { uids } = messages
  const numbers = by === 'uid' ? uids : new Uint32Array(uids.length)
  if (by === 'sequence') {
    await inSlices(uids.length, pace, (from, to) => {
      for (let at = from; at < to; at++) numbers[at] = view.numberOf((uids[at] ?? 0) as Uid)
    })
  }
  respond.write(threads.count === 0 ? '* THREAD' : '* THREAD ')
  for (const piece of printThreads(threads, numbers)) {
    respond.bytes(piece)
    await pace.pause()
  }
  respond.write('\r\n')
}
