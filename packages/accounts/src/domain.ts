import { domainToASCII } from 'node:url'
import { AccountError } from './errors.ts'
import { MAX_DOMAIN } from './limits.ts'

/** What the URL rules of domainToASCII would take for something else: a port, a path, an escape, an address literal. */
const FOREIGN = /[\u0000-\u0020\u007f"#%/:<>?@[\\\]^`{|}]/

/** Letters, digits and hyphens (RFC 5321 section 4.1.2); the last label is not all digits, which would be an IPv4 address. */
const LABELS = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * A domain in any case and either form as lower-case A-labels (RFC 5890 section 2.3.2.1, by the mapping of UTS 46);
 * `undefined` when it is none.
 */
export function canonicalDomain(text: string): string | undefined {
  if (FOREIGN.test(text)) return undefined
  const ascii = domainToASCII(text)
  return ascii.length <= MAX_DOMAIN && LABELS.test(ascii) ? ascii : undefined
}

/** `canonicalDomain` of what an administrator typed. Throws `bad-domain`. */
export function domainOrThrow(name: string): string {
  const domain = canonicalDomain(name)
  if (domain === undefined) throw new AccountError('bad-domain', `${JSON.stringify(name)} is not a domain like example.org`)
  return domain
}
