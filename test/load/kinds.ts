import { randomBytes } from 'node:crypto'
import type { Random } from '@mailstead/testkit'
import type { Conversation } from './conversation.ts'
import type { Times } from './times.ts'

export type PortName = 'smtp' | 'submission' | 'submissions' | 'imap' | 'pop3' | 'imaps'

export interface Attack {
  readonly talk: Conversation
  readonly random: Random
  readonly times: Times
  /** Addresses that mail is taken for. */
  readonly addresses: readonly string[]
}

/** A way to bother a server. */
export interface Kind {
  readonly name: string
  readonly ports: readonly PortName[]
  /** Conversations at once. */
  readonly count: number
  /** How long the server may take for the end after the client has said its last (ms). */
  readonly patience: (times: Times, port: PortName) => number
  /** Says what there is to say. `left`: the client has gone. */
  readonly run: (attack: Attack) => Promise<'left' | undefined>
}

/** More than the hundred that are asked for, as some are always between two conversations. */
const EACH = 140
/** Beyond every time that is named: the reading on behind a goodbye (5 s), and a busy machine. */
const SLACK = 20_000
const CLIENT_HELLO = Buffer.from('160301020001', 'hex')
const FROM = 'MAIL FROM:<bad@elsewhere.test>\r\n'

const soon = (): number => SLACK
const afterIdle = ({ smtp }: Times): number => smtp + SLACK

const begin = ({ addresses, random }: Attack): string => `EHLO bad.test\r\n${FROM}RCPT TO:<${random.pick(addresses)}>\r\nDATA\r\n`

const kinds: Readonly<Record<string, Omit<Kind, 'name' | 'count'> & { readonly count?: number }>> = {
  'nothing at all': {
    ports: ['smtp', 'submission', 'imap', 'pop3'],
    count: 2000,
    patience: (times, port) => (port === 'imap' ? times.imap : port === 'pop3' ? times.pop3 : times.smtp) + SLACK,
    run: async () => undefined,
  },
  'half a message': {
    ports: ['smtp'],
    // What came may have been enough for the first look at how fast it comes.
    patience: ({ smtp }) => 2 * smtp + SLACK,
    async run(attack) {
      await attack.talk.write(begin(attack) + 'x'.repeat(70).concat('\r\n').repeat(attack.random.int(900)))
      return undefined
    },
  },
  'a message of dots': {
    ports: ['smtp'],
    patience: soon,
    async run(attack) {
      const { talk, random } = attack
      await talk.write(begin(attack))
      for (let i = 0; i < 8; i++) {
        await talk.write(random.pick(['..\r\n', '...\r\n', '..', '.\r', '.\n', '\r\n..\r\n']).repeat(2000))
        await talk.rest(random.int(8000))
      }
      if (random.chance(0.5)) return 'left'
      await talk.write('\r\n.\r\nQUIT\r\n')
      return undefined
    },
  },
  'an octet a second of a command': {
    ports: ['smtp'],
    patience: afterIdle,
    async run({ talk, times }) {
      const start = Date.now()
      while (!talk.over && Date.now() - start < times.smtp + SLACK) {
        await talk.write('N')
        await talk.rest(1000)
      }
      return undefined
    },
  },
  'an octet a second of a message': {
    ports: ['smtp'],
    patience: afterIdle,
    async run(attack) {
      const { talk, times } = attack
      await talk.write(begin(attack))
      const start = Date.now()
      while (!talk.over && Date.now() - start < times.smtp + SLACK) {
        await talk.write(attack.random.pick(['a', '.', '\r\n']))
        await talk.rest(1000)
      }
      return undefined
    },
  },
  'EHLO without end': {
    ports: ['smtp', 'submission'],
    patience: afterIdle,
    async run({ talk, random }) {
      await talk.write('EHLO ')
      const block = 'x'.repeat(16_384)
      for (let i = random.int(100); i >= 0 && !talk.over; i--) await talk.write(block)
      if (random.chance(0.5)) await talk.write('\r\n')
      await talk.rest(random.int(5000))
      return undefined
    },
  },
  'STARTTLS without a handshake': {
    ports: ['smtp', 'submission'],
    patience: ({ handshake }) => handshake + SLACK,
    async run({ talk, random }) {
      await talk.write('EHLO bad.test\r\nSTARTTLS\r\n')
      // Nothing, anything, or the first octets of a ClientHello and no more.
      await talk.write(random.pick([Buffer.alloc(0), randomBytes(1 + random.int(300)), CLIENT_HELLO]))
      return undefined
    },
  },
  'no handshake': {
    ports: ['submissions', 'imaps'],
    patience: ({ handshake }) => handshake + SLACK,
    async run({ talk, random }) {
      if (random.chance(0.5)) await talk.write(CLIENT_HELLO)
      return undefined
    },
  },
  'a thousand recipients': {
    ports: ['smtp'],
    patience: soon,
    async run({ talk, random, addresses }) {
      await talk.write(`EHLO bad.test\r\n${FROM}`)
      for (let i = 0; i < 20; i++) {
        const unknown = random.chance(0.1)
        const some = Array.from(
          { length: 50 },
          () => `RCPT TO:<${unknown && random.chance(0.5) ? 'nobody@load.test' : random.pick(addresses)}>\r\n`,
        )
        await talk.write(some.join(''))
        await talk.rest(random.int(5000))
      }
      if (random.chance(0.2)) return 'left'
      await talk.write('RSET\r\nQUIT\r\n')
      return undefined
    },
  },
  'chunks of one octet': {
    ports: ['smtp'],
    patience: soon,
    async run({ talk, random, addresses }) {
      await talk.write(`EHLO bad.test\r\n${FROM}RCPT TO:<${random.pick(addresses)}>\r\n`)
      for (let i = 0; i < 10; i++) {
        await talk.write('BDAT 1\r\nx'.repeat(200))
        await talk.rest(random.int(8000))
      }
      if (random.chance(0.5)) return 'left'
      await talk.write('BDAT 2 LAST\r\n\r\nQUIT\r\n')
      return undefined
    },
  },
  'half a connection': {
    ports: ['smtp', 'submission', 'imap', 'pop3'],
    patience: soon,
    async run(attack) {
      const { talk, random, addresses } = attack
      await talk.rest(random.int(3000))
      const words = [
        '',
        'EHLO bad.test\r\n',
        'NOOP',
        `EHLO bad.test\r\n${FROM}RCPT TO:<${random.pick(addresses)}>\r\n`,
        begin(attack),
        `${begin(attack)}half`,
      ]
      await talk.write(random.pick(words))
      talk.socket.end()
      return undefined
    },
  },
  'deaf, with much to ask': {
    ports: ['smtp'],
    patience: soon,
    async run({ talk, random, times }) {
      talk.socket.pause()
      const question = 'HELP\r\nEHLO bad.test\r\n'.repeat(1000)
      let answered = 0
      while (!talk.over && answered < 400) {
        const before = Date.now()
        void talk.write(question)
        await Promise.race([talk.write(''), talk.rest(3000)])
        // The server takes no more.
        if (Date.now() - before >= 3000) break
        answered++
      }
      await talk.rest(random.chance(0.5) ? random.int(10_000) : times.smtp + SLACK)
      talk.socket.resume()
      return random.chance(0.5) ? 'left' : (talk.socket.end('QUIT\r\n'), undefined)
    },
  },
}

export const KINDS: readonly Kind[] = Object.entries(kinds).map(([name, kind]) => ({ name, count: EACH, ...kind }))
