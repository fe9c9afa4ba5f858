import { MAX_KEYWORDS } from '@mailstead/store'
import { SYSTEM_NAMES } from './flag-text.ts'
import type { MailboxIndex } from './mailbox-index.ts'
import type { Permission } from './permission.ts'
import type { Responder } from './responses.ts'

/** Which keywords of the mailbox one client has heard of. */
export class KnownKeywords {
  readonly #index: MailboxIndex
  readonly #permission: Permission
  #told: number

  constructor(index: MailboxIndex, permission: Permission) {
    this.#index = index
    this.#permission = permission
    this.#told = index.keywordNames.length
  }

  /** FLAGS and PERMANENTFLAGS anew when a keyword came up that the client has not heard of. */
  tellNew(respond: Responder): void {
    if (this.#index.keywordNames.length !== this.#told) this.describe(respond)
  }

  /** The FLAGS and PERMANENTFLAGS responses: what there is, and what this client can change for good (RFC 4314 section 5.1.1). */
  describe(respond: Responder): void {
    const { keywordNames } = this.#index
    this.#told = keywordNames.length
    respond.untagged(`FLAGS (${[...SYSTEM_NAMES, ...keywordNames].join(' ')})`)
    const permanent = this.#permission.permanentFlags(keywordNames)
    const text = permanent.length === 0 ? 'Read-only' : keywordNames.length < MAX_KEYWORDS ? 'Limited' : 'No room for new keywords'
    respond.ok(`PERMANENTFLAGS (${permanent.join(' ')})`, text)
  }
}
