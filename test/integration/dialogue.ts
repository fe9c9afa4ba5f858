import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** Says each line once the reply to the one before is there; resolves to the last lines of the replies, `end` for the end of the connection. */
export async function dialogue(socket: Socket, lines: readonly string[]): Promise<string[]> {
  const reader = createInterface({ input: socket })[Symbol.asyncIterator]()
  const replies: string[] = []
  const reply = async (): Promise<void> => {
    for (;;) {
      const { value, done } = await reader.next()
      if (done === true || !/^\d{3}-/.test(value)) return void replies.push(done === true ? 'end' : value)
    }
  }
  await reply()
  for (const line of lines) {
    socket.write(`${line}\r\n`)
    await reply()
  }
  socket.destroy()
  return replies
}
