import { isIP } from 'node:net'
import { Networks } from '@mailstead/base'
import { parseHeloName } from '@mailstead/wire'
import { fault } from '../finding.ts'
import type { Check } from './check.ts'

export interface HeloSubject {
  readonly name: string
  readonly address: string
  /** Whether the name is this server's or one of its domains. */
  readonly isOurs: (name: string) => Promise<boolean>
}

/** What a client calls itself (RFC 5321 section 4.1.4): not us, not somebody else's address, and a name that an address belongs to. */
export const checkHelo: Check<HeloSubject> = async ({ name, address, isOurs }, { resolver }) => {
  if (isIP(name) !== 0) return [fault('helo-bare-address', `EHLO gives an address in place of a name: ${name}`)]
  const literal = literalAddress(name)
  if (literal !== undefined) {
    return new Networks([literal]).has(address) ? [] : [fault('helo-foreign-address', `EHLO gives another's address: ${name}`)]
  }
  if (parseHeloName(name)?.valid !== true || !name.includes('.')) return [fault('helo-no-name', `EHLO gives no name of a host: ${name}`)]
  if (await isOurs(name.toLowerCase())) return [fault('helo-ours', `EHLO gives our own name: ${name}`)]
  const answers = await Promise.all([resolver.look('A', name), resolver.look('AAAA', name)])
  return answers.every(({ kind }) => kind === 'none') ? [fault('helo-unknown', `no address belongs to the EHLO name ${name}`)] : []
}

/** Of `[192.0.2.1]` and `[IPv6:2001:db8::1]`. */
function literalAddress(name: string): string | undefined {
  const inner = /^\[(?:IPv6:)?(.*)\]$/i.exec(name)?.[1] ?? ''
  return isIP(inner) === 0 ? undefined : inner
}
