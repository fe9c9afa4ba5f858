import { dnsName } from '@mailstead/resolver'
import { formatAddress, parseMailbox } from '@mailstead/wire'

export const hasUtf8 = (text: string): boolean => /[^\0-\u007f]/.test(text)

/** With its domain in A-labels, as long as that is all it needs to be ASCII (RFC 6531 section 3.2 leaves the choice). */
export function asciiDomain(address: string): string {
  if (!hasUtf8(address)) return address
  const { localPart, domain } = parseMailbox(address)
  return formatAddress({ localPart, domain: dnsName(domain) ?? domain })
}
