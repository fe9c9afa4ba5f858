import { dnsName } from '@mailstead/resolver'
import { encodeUnitext, formatAddress, parseMailbox, parseOrcpt, type Capabilities, type MailLine, type RcptLine } from '@mailstead/wire'
import { READ_SIZE } from '../limits.ts'
import { byValue, notifyOf } from './deliver-by.ts'
import type { Letter, LetterRecipient, Unfit } from './letter.ts'

/** What of the connection decides how a letter can go over it. */
export interface Offer {
  readonly capabilities: Capabilities
  /** Encrypted, and with whom the policy wanted. */
  readonly authenticated: boolean
  readonly encrypted: boolean
  readonly now: number
}

export interface Adapted {
  readonly mail: MailLine
  readonly chunked: boolean
}

/** What MAIL says to this peer, or why the letter cannot go there. No content is changed on its way: what would need that is unfit. */
export async function adapt(letter: Letter, offer: Offer): Promise<Adapted | Unfit> {
  const { parameters, size, mailFrom } = letter
  const { capabilities } = offer
  if (capabilities.size !== undefined && size > capabilities.size)
    return unfit('5.3.4', `The message has ${size} octets, the server takes ${capabilities.size}`)
  // RFC 8689 section 5: a report goes without, where it cannot go with it.
  const requireTls = parameters.requireTls === true && capabilities.requireTls && offer.encrypted
  if (parameters.requireTls === true && mailFrom !== '' && !(requireTls && offer.authenticated))
    return { ...unfit('5.7.30', 'REQUIRETLS support required'), elsewhere: true }
  const by = byValue(parameters, capabilities, offer.now)
  if (typeof by === 'object') return by
  const body = await bodyFor(letter, capabilities)
  if (typeof body === 'object') return body
  const smtpUtf8 = await needsUtf8(letter)
  if (smtpUtf8 && !capabilities.smtpUtf8) return unfit('5.6.7', 'The server does not take UTF-8 in addresses or header fields')
  return {
    mail: {
      reversePath: asciiDomain(mailFrom),
      ...(capabilities.size === undefined ? {} : { size }),
      ...(body === undefined ? {} : { body }),
      smtpUtf8,
      requireTls,
      ...(by === undefined ? {} : { by }),
      ...(capabilities.dsn && parameters.ret !== undefined ? { ret: parameters.ret } : {}),
      ...(capabilities.dsn && parameters.envid !== undefined ? { envid: parameters.envid } : {}),
    },
    // Counted octets cannot be taken for an end of the message by anybody. A server that offers it speaks it with Exim all day.
    chunked: capabilities.chunking,
  }
}

/** What RCPT says to this peer; `parameters` are those of the letter, `smtpUtf8` is what MAIL said. */
export function rcptLine(
  { recipient, parameters: own }: LetterRecipient,
  { parameters }: Pick<Letter, 'parameters'>,
  capabilities: Capabilities,
  smtpUtf8: boolean,
): RcptLine {
  const { dsn } = capabilities
  const { orcpt } = own
  const notify = notifyOf(own, parameters, capabilities)
  return {
    forwardPath: asciiDomain(recipient),
    ...(dsn && notify !== undefined ? { notify } : {}),
    ...(dsn && orcpt !== undefined ? { orcpt: smtpUtf8 ? orcpt : asciiOrcpt(orcpt) } : {}),
  }
}

/** RFC 6533 section 3: UTF-8 stands in ORCPT only where MAIL said SMTPUTF8. */
function asciiOrcpt(orcpt: string): string {
  const parsed = hasUtf8(orcpt) ? parseOrcpt(orcpt) : undefined
  return parsed === undefined ? orcpt : `${parsed.type};${encodeUnitext(parsed.address)}`
}

const unfit = (status: string, text: string): Unfit => ({ status, text, elsewhere: false })

/** RFC 6152 section 3 and RFC 3030 section 3: what the peer does not take is not sent. */
async function bodyFor(letter: Letter, capabilities: Capabilities): Promise<MailLine['body'] | Unfit> {
  const { body } = letter.parameters
  if (body === 'BINARYMIME') {
    const taken = capabilities.binaryMime && capabilities.chunking
    return taken ? body : unfit('5.6.3', 'The server does not take binary messages')
  }
  // Who did not say what the message is may have sent octets above 127 all the same.
  if (capabilities.eightBitMime) return body === '7BIT' ? undefined : '8BITMIME'
  if (body !== '8BITMIME' || !(await some(letter, (octet) => octet > 127))) return undefined
  return unfit('5.6.3', 'The server takes no octets above 127')
}

/** Whether the letter cannot go without SMTPUTF8, whatever it came with: a server that is told so may have to refuse it. */
async function needsUtf8(letter: Letter): Promise<boolean> {
  const addresses = [letter.mailFrom, ...letter.recipients.map(({ recipient }) => recipient)]
  if (addresses.some((address) => hasUtf8(asciiDomain(address)))) return true
  return letter.parameters.smtpUtf8 === true && headerHasUtf8(letter)
}

function headerHasUtf8(letter: Letter): Promise<boolean> {
  let [before, last] = [0, 0x0a]
  let ended = false
  return some(letter, (octet) => {
    // CRLF CRLF, or CRLF at the very beginning.
    ended ||= octet === 0x0a && last === 0x0d && before === 0x0a
    ;[before, last] = [last, octet]
    return ended ? 'stop' : octet > 127
  })
}

/** Whether one of the message's octets is as asked; `stop` ends the search. */
async function some(letter: Letter, test: (octet: number) => boolean | 'stop'): Promise<boolean> {
  for (let offset = 0; offset < letter.size;) {
    const octets = await letter.read(offset, READ_SIZE)
    if (octets.length === 0) return false
    for (const octet of octets) {
      const found = test(octet)
      if (found !== false) return found === true
    }
    offset += octets.length
  }
  return false
}

const hasUtf8 = (text: string): boolean => /[^\0-\u007f]/.test(text)

/** With its domain in A-labels, as long as that is all it needs to be ASCII (RFC 6531 section 3.2 leaves the choice). */
export function asciiDomain(address: string): string {
  if (!hasUtf8(address)) return address
  const { localPart, domain } = parseMailbox(address)
  return formatAddress({ localPart, domain: dnsName(domain) ?? domain })
}
