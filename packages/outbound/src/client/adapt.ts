import type { OctetSource } from '@mailstead/mime'
import { encodeUnitext, parseOrcpt, type Capabilities, type MailLine, type RcptLine } from '@mailstead/wire'
import { asciiDomain, hasUtf8 } from './ascii-domain.ts'
import { contentFor } from './content.ts'
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
  /** As it is, or in the form that this peer takes. */
  readonly message: OctetSource
}

/** What MAIL says to this peer and what it gets, or why the letter cannot go there. */
export async function adapt(letter: Letter, offer: Offer): Promise<Adapted | Unfit> {
  const { parameters, mailFrom } = letter
  const { capabilities } = offer
  // RFC 8689 section 5: a report goes without, where it cannot go with it.
  const requireTls = parameters.requireTls === true && capabilities.requireTls && offer.encrypted
  if (parameters.requireTls === true && mailFrom !== '' && !(requireTls && offer.authenticated))
    return { ...unfit('5.7.30', 'REQUIRETLS support required'), elsewhere: true }
  const by = byValue(parameters, capabilities, offer.now)
  if (typeof by === 'object') return by
  // Encoded it would be bigger still.
  const content = tooBig(letter.message, capabilities) ?? (await contentFor(letter, capabilities))
  if ('status' in content) return content
  const { message, body, smtpUtf8 } = content
  const { size } = message
  const big = tooBig(message, capabilities)
  if (big !== undefined) return big
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
    message,
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

function tooBig({ size }: OctetSource, capabilities: Capabilities): Unfit | undefined {
  if (capabilities.size === undefined || size <= capabilities.size) return undefined
  return unfit('5.3.4', `The message has ${size} octets, the server takes ${capabilities.size}`)
}

const unfit = (status: string, text: string): Unfit => ({ status, text, elsewhere: false })
