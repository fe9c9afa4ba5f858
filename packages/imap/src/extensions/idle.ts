import { command, noArguments, type CommandContext, type Extension } from '../command.ts'
import { ConnectionLost } from '@mailstead/net'
import { ImapBad } from '../errors.ts'

/** Prints what happens as it happens, after a rest; the function it gives back ends that, once nothing is being printed any more. */
function startPushing({ peer, services }: CommandContext): () => Promise<void> {
  let running: Promise<void> | undefined
  let again = false
  const run = async (): Promise<void> => {
    try {
      do {
        again = false
        await peer.push()
      } while (again)
    } catch (error) {
      if (!(error instanceof ConnectionLost)) peer.log.error('imap: push failed', { error })
    } finally {
      // In the same breath as the last look at `again`, or a change in between would be lost.
      running = undefined
    }
  }
  const push = (): void => {
    again = true
    running ??= run()
  }
  const begin = (): void => {
    peer.listen(push)
    push()
  }
  const { idleRest } = services.limits
  const rest = idleRest === 0 ? undefined : services.clock.after(idleRest, begin)
  if (rest === undefined) begin()
  return async () => {
    rest?.cancel()
    peer.listen(undefined)
    await running
  }
}

/** IDLE, RFC 2177. */
export const idle: Extension = {
  capability: 'IDLE',
  rfc: 2177,
  summary: 'Tells of changes as they happen',
  announced: 'always',
  commands: [
    command({
      name: 'IDLE',
      waitsForClient: true,
      state: 'authenticated',
      sync: 'everything',
      parse: noArguments,
      async run(context) {
        context.respond.continue('idling')
        const stop = startPushing(context)
        try {
          const line = await context.peer.readLine()
          if (line.toString('latin1').toUpperCase() !== 'DONE') throw new ImapBad('expected DONE')
        } finally {
          await stop()
        }
        return { text: 'Idle completed' }
      },
    }),
  ],
}
