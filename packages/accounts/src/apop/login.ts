import { createHash, timingSafeEqual } from 'node:crypto'
import type { ApopCredentials, LoginContext, LoginResult } from '@mailstead/sasl'
import { type Doorkeeper, NOBODY } from '../doorkeeper.ts'
import type { ApopSecrets } from './secrets.ts'

const REASON = {
  none: 'no APOP secret: "mailstead account apop" makes one',
  closed: 'the APOP secret cannot be opened: apop.key is missing, or another one',
} as const

/** Answers APOP (RFC 1939 section 7). */
export class ApopLogin implements ApopCredentials {
  readonly #door: Doorkeeper
  readonly #secrets: ApopSecrets

  constructor(door: Doorkeeper, secrets: ApopSecrets) {
    this.#door = door
    this.#secrets = secrets
  }

  async checkDigest(login: string, timestamp: string, digest: string, context: LoginContext): Promise<LoginResult> {
    // MD5 lets somebody in between learn a secret bit by bit over many logins, and the mail itself would be in clear.
    if (!context.secure) return this.#door.refuse('encryption-required', login, 'not encrypted', context)
    try {
      const { account } = await this.#door.candidate(login, context)
      const opened = await this.#secrets.open(account?.id ?? NOBODY)
      const right = isDigest(digest, timestamp, opened.kind === 'open' ? opened.secret : '')
      const refuse = (reason: string): LoginResult => this.#door.refuse('bad-credentials', login, reason, context)
      if (account === undefined) return refuse('no such account')
      if (opened.kind !== 'open') return refuse(REASON[opened.kind])
      if (!right) return refuse('wrong APOP digest')
      return await this.#door.admit({ account, login, authorize: '', credential: undefined }, context)
    } catch (error) {
      return this.#door.failed(error, login, context)
    }
  }
}

function isDigest(digest: string, timestamp: string, secret: string): boolean {
  const given = Buffer.from(digest, 'hex')
  const expected = createHash('md5').update(timestamp).update(secret).digest()
  return given.length === expected.length && timingSafeEqual(given, expected)
}
