/** A whole server in a process of its own, so that its memory can be measured. */
import { createHash } from 'node:crypto'
import { site } from './fixture.ts'

export type Question = 'peak' | 'read' | 'digest' | 'end'

/** `port` at the start; then the answers. Octets; `read`: of the clients that are there; `digest` is of the newest message's last `BODY` octets. */
export type Answer = { readonly port: number } | { readonly peak: number } | { readonly read: number } | { readonly digest: string }

/** Octets of the big message's text. */
export const BODY = 40 * 2 ** 20

async function serve(answer: (message: Answer) => void): Promise<void> {
  const cleaners: (() => Promise<void>)[] = []
  const s = await site({ after: (clean) => void cleaners.unshift(clean) })
  const { port, sockets } = await s.serve('mx')
  let peak = 0
  setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 2).unref()
  const reply = async (question: Question): Promise<void> => {
    if (question === 'peak') {
      answer({ peak: Math.max(peak, process.memoryUsage.rss()) })
      peak = 0
    } else if (question === 'read') {
      answer({ read: sockets.filter(({ destroyed }) => !destroyed).reduce((sum, { bytesRead }) => sum + bytesRead, 0) })
    } else if (question === 'digest') {
      const message = await s.newest('ann')
      answer({
        digest: createHash('sha256')
          .update(message.subarray(message.length - BODY))
          .digest('hex'),
      })
    } else {
      for (const clean of cleaners) await clean()
      process.disconnect()
    }
  }
  process.on('message', (question: Question) => void reply(question))
  answer({ port })
}

if (process.send !== undefined && process.argv[2] === 'serve') await serve((message) => process.send?.(message))
