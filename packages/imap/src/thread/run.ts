import type { Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import type { ThreadKind } from './kind.ts'
import { readThreadMessages } from './message.ts'
import { printThread } from './node.ts'

/** Octets of a response that are written between two looks at the time. */
const OCTETS_A_STEP = 1024

/** The THREAD response for the messages (ascending). Those that are gone for good are left out. */
export async function runThread(
  { session, respond, services }: CommandContext<Selected>,
  uids: readonly Uid[],
  { ancestry, algorithm }: ThreadKind,
  by: 'sequence' | 'uid',
): Promise<void> {
  const { store, view } = session
  const pace = new Pace(respond)
  const messages = await readThreadMessages(services.keys, { store, mailbox: view.mailbox.id }, Uint32Array.from(uids), ancestry, pace)
  const threads = await algorithm(messages, pace)
  const numberOf = (uid: Uid): number => (by === 'uid' ? uid : view.numberOf(uid))
  respond.write(threads.length === 0 ? '* THREAD' : '* THREAD ')
  let text = ''
  for (const thread of threads) {
    for (const piece of printThread(thread, numberOf)) {
      text += piece
      if (text.length < OCTETS_A_STEP) continue
      respond.write(text)
      text = ''
      await pace.pause()
    }
  }
  respond.write(`${text}\r\n`)
}
