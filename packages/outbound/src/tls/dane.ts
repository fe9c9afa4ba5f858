import { createHash, X509Certificate } from 'node:crypto'
import type { TlsaData } from '@mailstead/resolver'
import type { TlsFailure } from '../client/errors.ts'

const DANE_TA = 2
const DANE_EE = 3
const DIGESTS = ['', 'sha256', 'sha512']

/** RFC 7672 section 3.1.3: usages 0 and 1 are unusable, like parameters that nobody knows and data that cannot be a digest. */
export function isUsable({ usage, selector, matching, data }: TlsaData): boolean {
  if ((usage !== DANE_TA && usage !== DANE_EE) || (selector !== 0 && selector !== 1)) return false
  return matching === 0 ? data.length > 0 : (matching === 1 && data.length === 32) || (matching === 2 && data.length === 64)
}

/** `undefined`: one of the records vouches for the chain (leaf first). `names`: of which one must be the leaf's, where an authority vouches. */
export function daneFailure(
  records: readonly TlsaData[],
  chain: readonly X509Certificate[],
  names: readonly string[],
  now: number,
): TlsFailure | undefined {
  const [leaf] = chain
  if (leaf === undefined) return 'validation-failure'
  // Section 3.1.1: name and dates of the leaf say nothing then.
  if (records.some((record) => record.usage === DANE_EE && matches(record, leaf))) return undefined
  const anchored = records.filter(({ usage }) => usage === DANE_TA)
  const depth = chain.findIndex((certificate, at) => at > 0 && anchored.some((record) => matches(record, certificate)))
  const path = depth > 0 ? chain.slice(0, depth + 1) : withGivenAnchor(anchored, chain)
  if (path === undefined || !isPath(path)) return 'certificate-not-trusted'
  if (path.some((certificate) => certificate.validFromDate.getTime() > now || certificate.validToDate.getTime() < now))
    return 'certificate-expired'
  return names.some((name) => leaf.checkHost(name, { subject: 'never' }) !== undefined) ? undefined : 'certificate-host-mismatch'
}

function matches({ selector, matching, data }: TlsaData, certificate: X509Certificate): boolean {
  const selected = selector === 0 ? certificate.raw : certificate.publicKey.export({ type: 'spki', format: 'der' })
  const digest = DIGESTS[matching]
  if (digest === undefined) return false
  return Buffer.from(data).equals(digest === '' ? selected : createHash(digest).update(selected).digest())
}

/** RFC 7672 section 3.1.2: an authority's whole certificate in the record need not be in the chain. */
function withGivenAnchor(records: readonly TlsaData[], chain: readonly X509Certificate[]): X509Certificate[] | undefined {
  for (const { selector, matching, data } of records) {
    if (selector !== 0 || matching !== 0) continue
    const anchor = parsed(data)
    const last = chain.findIndex((certificate) => anchor !== undefined && certificate.checkIssued(anchor))
    if (anchor !== undefined && last >= 0) return [...chain.slice(0, last + 1), anchor]
  }
  return undefined
}

function parsed(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}

/** Each is an authority that signed the one before. */
function isPath(path: readonly X509Certificate[]): boolean {
  return path.every((certificate, at) => {
    const issuer = path[at + 1]
    return issuer === undefined || (issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))
  })
}
