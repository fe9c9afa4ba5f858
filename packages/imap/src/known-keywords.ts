import { MAX_KEYWORDS } from '@mailstead/store'
import { SYSTEM_NAMES } from './flag-text.ts'
import type { MailboxIndex } from './mailbox-index.ts'
import type { Responder } from './responses.ts'

/** Which keywords of the mailbox one client has heard of. */
export class KnownKeywords {
  readonly #index: MailboxIndex
  readonly #readOnly: boolean
  #told: number

  constructor(index: MailboxIndex, readOnly: boolean) {
    this.#index = index
    this.#readOnly = readOnly
    this.#told = index.keywordNames.length
  }

  /** FLAGS and PERMANENTFLAGS anew when a keyword came up that the client has not heard of. */
  tellNew(respond: Responder): void {
    if (this.#index.keywordNames.length !== this.#told) this.describe(respond)
  }

  /** The FLAGS and PERMANENTFLAGS responses. */
  describe(respond: Responder): void {
    const { keywordNames } = this.#index
    this.#told = keywordNames.length
    const names = [...SYSTEM_NAMES, ...keywordNames]
    respond.untagged(`FLAGS (${names.join(' ')})`)
    if (this.#readOnly) {
      respond.ok('PERMANENTFLAGS ()', 'Read-only')
      return
    }
    // RFC 3501 section 7.1: "\*" means that new keywords are possible.
    const more = keywordNames.length < MAX_KEYWORDS ? ' \\*' : ''
    respond.ok(`PERMANENTFLAGS (${names.join(' ')}${more})`, more === '' ? 'No room for new keywords' : 'Limited')
  }
}
