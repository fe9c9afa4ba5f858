import { setImmediate } from 'node:timers/promises'
import { CannotReencode, inSevenBits, planRewriting, rewrittenSource, type OctetSource } from '@mailstead/mime'
import type { Capabilities, MailLine } from '@mailstead/wire'
import { READ_SIZE } from '../limits.ts'
import { asciiDomain, hasUtf8 } from './ascii-domain.ts'
import type { Letter, Unfit } from './letter.ts'

/** The message in a form that a peer takes, and what MAIL says of it. */
export interface Content {
  readonly message: OctetSource
  readonly body: MailLine['body'] | undefined
  readonly smtpUtf8: boolean
}

/**
 * The message as it is where the peer takes that, else with its parts encoded (RFC 6152 section 3, RFC 3030 section 3). A header in UTF-8 is written in ASCII
 * for senders of our own only: whoever passes mail on rejects it (RFC 6531 section 3.2).
 */
export async function contentFor(letter: Letter, capabilities: Capabilities): Promise<Content | Unfit> {
  const { message, parameters } = letter
  const utf8Addresses = [letter.mailFrom, ...letter.recipients.map(({ recipient }) => recipient)].some((each) => hasUtf8(asciiDomain(each)))
  if (utf8Addresses && !capabilities.smtpUtf8) return unfit('5.6.7', 'The server does not take UTF-8 in addresses')
  const utf8Header = parameters.smtpUtf8 === true && message.ascii !== true && (await headerHasUtf8(message))
  if (utf8Header && !capabilities.smtpUtf8)
    return message.sevenBits === undefined
      ? unfit('5.6.9', `${HEADER}, and mail that passes through is not changed`)
      : encoded(letter, HEADER)
  const smtpUtf8 = utf8Addresses || utf8Header
  if (parameters.body === 'BINARYMIME') {
    const taken = capabilities.binaryMime && capabilities.chunking
    return taken ? { message, body: 'BINARYMIME', smtpUtf8 } : encoded(letter, 'The server does not take binary messages')
  }
  if (message.ascii === true) return { message, body: undefined, smtpUtf8 }
  // Who did not say what the message is may have sent octets above 127 all the same.
  if (capabilities.eightBitMime) return { message, body: parameters.body === '7BIT' ? undefined : '8BITMIME', smtpUtf8 }
  if (await some(message, (octet) => octet > 127)) return encoded(letter, 'The server takes no octets above 127')
  return { message, body: undefined, smtpUtf8 }
}

const HEADER = 'The server does not take UTF-8 in header fields'

/** Another server of the destination may take what this one does not. */
const unfit = (status: string, text: string): Unfit => ({ status, text, elsewhere: true })

/** For a peer that takes 7 bits, and addresses that need no more. `why`: what the peer does not take. */
async function encoded({ message, parameters }: Letter, why: string): Promise<Content | Unfit> {
  try {
    return { message: await (message.sevenBits?.() ?? sevenBits(message)), body: undefined, smtpUtf8: false }
  } catch (error) {
    if (!(error instanceof CannotReencode)) throw error
    const status = error.reason === 'address' && parameters.smtpUtf8 === true ? '5.6.9' : '5.6.3'
    return unfit(status, `${why}, and ${OBSTACLE[error.reason]}`)
  }
}

const OBSTACLE = {
  sealed: 'what is signed or encrypted cannot be encoded without breaking it',
  malformed: 'the message is not built in a way that lets its parts be encoded',
  address: 'a header field has no form without them',
} as const satisfies Record<CannotReencode['reason'], string>

async function sevenBits(message: OctetSource): Promise<OctetSource> {
  const plan = await planRewriting(message, inSevenBits(true), () => setImmediate())
  return plan === undefined ? message : rewrittenSource(message, plan, () => setImmediate())
}

function headerHasUtf8(message: OctetSource): Promise<boolean> {
  let [before, last] = [0, 0x0a]
  let ended = false
  return some(message, (octet) => {
    // CRLF CRLF, or CRLF at the very beginning.
    ended ||= octet === 0x0a && last === 0x0d && before === 0x0a
    ;[before, last] = [last, octet]
    return ended ? 'stop' : octet > 127
  })
}

/** Whether one of the message's octets is as asked; `stop` ends the search. */
async function some(message: OctetSource, test: (octet: number) => boolean | 'stop'): Promise<boolean> {
  for (let offset = 0; offset < message.size;) {
    const octets = await message.read(offset, READ_SIZE)
    if (octets.length === 0) return false
    for (const octet of octets) {
      const found = test(octet)
      if (found !== false) return found === true
    }
    offset += octets.length
  }
  return false
}
