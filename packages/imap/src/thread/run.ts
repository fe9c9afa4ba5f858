import type { Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import { eachRow } from '../fetch/rows.ts'
import { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import type { ThreadKind } from './kind.ts'
import type { ThreadMessage } from './message.ts'
import { printThread } from './node.ts'

/** The THREAD response for the messages (ascending). Those that are gone for good are left out. */
export async function runThread(
  { session, respond }: CommandContext<Selected>,
  uids: readonly Uid[],
  { reader, algorithm }: ThreadKind,
  by: 'sequence' | 'uid',
): Promise<void> {
  const pace = new Pace(respond)
  const messages: ThreadMessage[] = []
  for await (const row of eachRow(session, uids, reader.wants)) {
    messages.push(await reader.read(row, session.store.blobs))
    await pace.pause()
  }
  const threads = await algorithm(messages, pace)
  const numberOf = (uid: Uid): number => (by === 'uid' ? uid : session.view.numberOf(uid))
  respond.write(threads.length === 0 ? '* THREAD' : '* THREAD ')
  for (const thread of threads) {
    for (const piece of printThread(thread, numberOf)) {
      respond.write(piece)
      await pace.pause()
    }
  }
  respond.write('\r\n')
}
