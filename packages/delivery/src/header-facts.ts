import { type HeaderField, parseAddressList } from '@mailstead/mime'
import type { SmtpAddress } from '@mailstead/wire'

/** What delivery asks of an incoming header. */
export interface HeaderFacts {
  readonly fields: readonly HeaderField[]
  readonly received: number
  /** Values of Delivered-To, in lower case. */
  readonly deliveredTo: ReadonlySet<string>
  /** RFC 8689 section 3: "TLS-Required: No". */
  readonly tlsOptional: boolean
}

export function headerFacts(fields: readonly HeaderField[]): HeaderFacts {
  let received = 0
  let tlsOptional = false
  const deliveredTo = new Set<string>()
  for (const { name, value } of fields) {
    const key = name.toLowerCase()
    if (key === 'received') received++
    else if (key === 'tls-required') tlsOptional ||= /^no$/i.test(value)
    else if (key === 'delivered-to')
      deliveredTo.add(
        utf8(value)
          .replace(/^<(.*)>$/, '$1')
          .toLowerCase(),
      )
  }
  return { fields, received, deliveredTo, tlsOptional }
}

/** Every mailbox that the message names as its author or sender (RFC 5322 section 3.6.2), in each such field. */
export function authorsOf(fields: readonly HeaderField[]): SmtpAddress[] {
  return fields
    .filter(({ name }) => /^(?:from|sender)$/i.test(name))
    .flatMap(({ value }) => parseAddressList(value))
    .flatMap((item) => (item.kind === 'mailbox' ? [{ localPart: utf8(item.local), domain: utf8(item.domain) }] : []))
}

/** Header values come an octet per character. */
function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}
