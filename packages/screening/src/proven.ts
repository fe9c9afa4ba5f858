import type { Authentication } from './authentication/facts.ts'

/**
 * Whether the domain of the envelope's sender stands for the message: by SPF of that domain, or by a signature of it, of one above or of one below. Then a
 * report to the sender comes to who wrote.
 */
export function isSenderProven(mailFrom: string, { spf, dkim }: Pick<Authentication, 'spf' | 'dkim'>): boolean {
  const domain = mailFrom.slice(mailFrom.lastIndexOf('@') + 1).toLowerCase()
  if (domain === '') return false
  const signed = dkim.some((signature) => signature.result === 'pass' && aligned(signature.domain.toLowerCase(), domain))
  return signed || (spf.result === 'pass' && spf.domain.toLowerCase() === domain)
}

/** Relaxed, as RFC 7489 section 3.1 has it, but for sisters; a top-level domain is nobody's. */
function aligned(one: string, other: string): boolean {
  const [above, below] = one.length < other.length ? [one, other] : [other, one]
  return above === below || (above.includes('.') && below.endsWith(`.${above}`))
}
