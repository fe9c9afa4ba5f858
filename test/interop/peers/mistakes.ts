import type { Mistake } from '../../plants/mistakes.ts'

interface Planted {
  readonly name: string
  readonly mistakes: readonly Mistake[]
  /** The checks that have to see it. */
  readonly seenBy: RegExp
}

export const MISTAKES: readonly Planted[] = [
  {
    name: 'octets are changed',
    mistakes: [
      {
        file: 'packages/smtp/src/incoming-message.ts',
        text: 'this.#reception.write(piece)',
        instead: 'this.#reception.write(piece.map((octet) => (octet === 0x7e ? 0x2d : octet === 0x58 ? 0 : octet)))',
      },
    ],
    seenBy: /^(?!.*(nothing is left|one message to many))/,
  },
  {
    name: 'mail is delivered twice',
    mistakes: [
      {
        file: 'packages/delivery/src/distribution.ts',
        text: '[...deliveries.values()]',
        instead: '[...deliveries.values()].flatMap((copy) => [copy, copy])',
      },
    ],
    seenBy: /recipients|to many|null sender|200 messages/,
  },
  {
    name: 'EHLO offers nothing, a full mailbox is one for ever, LMTP answers once',
    mistakes: [
      { file: 'packages/smtp/src/extensions.ts', text: 'return EXTENSIONS.flatMap(', instead: 'return EXTENSIONS.slice(0, 0).flatMap(' },
      { file: 'packages/smtp/src/replies.ts', text: "[452, '4.2.2'", instead: "[552, '5.2.2'" },
      { file: 'packages/smtp/src/incoming.ts', text: "this.#perRecipient = role === 'lmtp'", instead: 'this.#perRecipient = false' },
    ],
    seenBy: /TLS|one piece|PIPELINING|CHUNKING|SMTPUTF8|DSN|Postfix:.*8BITMIME|was full|swaks: LMTP/,
  },
]
