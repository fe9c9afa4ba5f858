import { fromUtf8, isAscii } from './encode-words.ts'

/** What the URL rules would take for something else than a name. */
const NO_NAME = /[\x00-\x20"#%/:<>?@[\\\]^`{|}]/

/** Domain downgrading (RFC 6857 section 3.1.6): U-labels become A-labels. `undefined` where that is not possible. */
export function downgradeDomain(domain: string): string | undefined {
  if (isAscii(domain)) return domain
  const name = fromUtf8(domain)
  if (name === undefined || NO_NAME.test(name)) return undefined
  return URL.parse(`http://${name}`)?.hostname
}
