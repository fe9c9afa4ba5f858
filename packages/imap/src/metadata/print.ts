import { formatString, formatValue } from '@mailstead/wire'
import type { Responder } from '../responses.ts'
import type { Found } from './read.ts'

/** The METADATA response with values (RFC 5464 section 4.4.1); none without entries. `mailbox` '' is the server. */
export function printAnnotations(respond: Responder, mailbox: string, entries: Found['entries']): void {
  if (entries.length === 0) return
  respond.write(`* METADATA ${respond.mailbox(mailbox)} (`)
  for (const [index, { name, value }] of entries.entries()) {
    respond.write(`${index === 0 ? '' : ' '}${printName(name)} ${formatValue(value)}`)
  }
  respond.write(')\r\n')
}

/** entry = astring */
export function printName(name: string): string {
  return /^[^\s"(){%*\\]+$/.test(name) ? name : formatString(name)
}
