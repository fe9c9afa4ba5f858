import { say } from '../replies.ts'
import type { Command } from './command.ts'

/** RFC 3207. Whatever was said in clear counts for nothing afterwards (section 4.2). */
export const starttls: Command = {
  verb: 'STARTTLS',
  syntax: 'STARTTLS',
  argument: 'none',
  async run(session) {
    const { tls: source } = session.context
    if (source === undefined) return say('not-implemented')
    if (session.tls !== undefined) return say('already-secure')
    session.reset()
    session.helo = undefined
    session.identity = undefined
    session.tls = await session.wire.startTls(say('ready-for-tls'), source)
    if (session.tls !== undefined) session.log.info('encrypted', session.tls)
    return undefined
  },
}
