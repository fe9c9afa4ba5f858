import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { seeded } from '@mailstead/testkit'
import { LineClient } from '../../bench/clients.ts'
import type { World } from '../../packages/imap/test/hammer/world.ts'

export interface DeliveryOptions {
  readonly port: number
  readonly protocol: 'smtp' | 'lmtp'
  readonly to: string
  readonly mailbox: string
  readonly seed: number
  /** Milliseconds between two messages, at most. */
  readonly rest: number
}

/** Sends messages to one mailbox, and hangs up in the middle of some. What was answered with 250 has to be there, once. */
export async function deliver(world: World, goesOn: () => boolean, options: DeliveryOptions): Promise<void> {
  const { port, protocol, to, mailbox, seed, rest } = options
  const random = seeded(seed)
  const truth = world.mailbox(mailbox)
  while (goesOn()) {
    const client = LineClient.tcp(port)
    const reply = (): Promise<string> => client.line((line) => /^\d{3} /.test(line))
    const command = (line: string): Promise<string> => {
      client.send(`${line}\r\n`)
      return reply()
    }
    await reply()
    await command(protocol === 'lmtp' ? 'LHLO client.test' : 'EHLO client.test')
    for (let messages = random.int(8); messages > 0 && goesOn(); messages--) {
      const text = world.write(protocol, random.int(2000))
      const name = /^Subject: (\S+)/.exec(text)?.[1] ?? ''
      world.loose(name)
      for (const line of [`MAIL FROM:<sender@else.test>`, `RCPT TO:<${to}>`, 'DATA']) assert.match(await command(line), /^[23]/, line)
      if (random.chance(0.1)) {
        // Without its end it is not there.
        client.send(text.slice(0, random.int(text.length)))
        break
      }
      client.send(text)
      if (random.chance(0.1)) {
        client.send('.\r\n')
        truth.mayHaveArrived++
        if (random.chance(0.5)) await wait(random.int(5))
        break
      }
      assert.match(await command('.'), /^250 /)
      world.delivered(name, mailbox)
      await wait(random.int(rest))
    }
    client.close()
  }
}
