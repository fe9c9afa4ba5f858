import { createHash } from 'node:crypto'

/** What a domain says of its servers by MTA-STS (RFC 8461 section 3.2). */
export interface OwnStsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none'
  /** Names, or `*.` and a domain; in A-labels. */
  readonly mx: readonly string[]
  /** Seconds. */
  readonly maxAge: number
}

/** The policy as it is served. */
export function stsPolicyText({ mode, mx, maxAge }: OwnStsPolicy): string {
  const lines = ['version: STSv1', `mode: ${mode}`, ...mx.map((pattern) => `mx: ${pattern}`), `max_age: ${maxAge}`]
  return lines.map((line) => `${line}\r\n`).join('')
}

/** Of the TXT record (section 3.1): another one whenever the policy is another. Nothing has to be remembered for it. */
export function stsPolicyId(policy: OwnStsPolicy): string {
  return createHash('sha256').update(stsPolicyText(policy)).digest('hex').slice(0, 24)
}
