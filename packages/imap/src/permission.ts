import {
  isShared,
  MAX_KEYWORDS,
  maySetKeywords,
  rightsOf,
  SEEN,
  settable,
  systemFlagNames,
  type Mailbox,
  type Rights,
  type SeenMode,
} from '@mailstead/store'

/** `i`, `e` and the rights to flags that all see make a mailbox READ-WRITE (RFC 4314 section 5.2). */
const WRITING = { owner: 'iestw', reader: 'ietw' } as const satisfies Record<SeenMode, string>

/** What a client may do with the mailbox that it has selected. The store looks at each act anew; this is for what the client is told. */
export class Permission {
  /** Somebody else shares the mailbox: rights may change at any time. */
  readonly shared: boolean
  /** The client may no longer read the mailbox, or sees another \Seen: it has to select it again. */
  lost = false
  readonly #examined: boolean
  readonly #seenMode: SeenMode
  #rights: Rights
  /** Changes of rights in the mailbox that are taken into account. None at first: some may have come since the mailbox was opened. */
  #checked = -1

  constructor(mailbox: Mailbox, examined: boolean) {
    this.shared = isShared(mailbox)
    this.#examined = examined
    this.#seenMode = mailbox.seenMode
    this.#rights = mailbox.rights
  }

  /** For the response code of SELECT. */
  get readOnly(): boolean {
    return this.#examined || (this.#rights & rightsOf(WRITING[this.#seenMode])) === 0
  }

  /** \Recent is the owner's, and not taken from him by others. */
  get claimsRecent(): boolean {
    return !this.#examined && !this.shared
  }

  get setsSeen(): boolean {
    return !this.#examined && (this.#settable & SEEN) !== 0
  }

  /** What this client can change for good. */
  permanentFlags(keywords: readonly string[]): string[] {
    const system: string[] = systemFlagNames(this.#settable)
    if (this.#examined || !maySetKeywords(this.#rights)) return system
    // RFC 3501 section 7.1: "\*" means that new keywords are possible.
    return [...system, ...keywords, ...(keywords.length < MAX_KEYWORDS ? ['\\*'] : [])]
  }

  /** Whether rights were changed since they were looked at; `rightsChanges` counts on in the mailbox's index. */
  isStale(rightsChanges: number): boolean {
    return this.shared && rightsChanges !== this.#checked
  }

  /** To be called before the mailbox is asked for: what changes meanwhile is looked at again. */
  check(rightsChanges: number): void {
    this.#checked = rightsChanges
  }

  /** As it is now. True when the client has something to be told. */
  take({ rights, seenMode }: Mailbox): boolean {
    if (this.shared && seenMode !== this.#seenMode) this.lost = true
    if (rights === this.#rights) return false
    this.#rights = rights
    return true
  }

  get #settable(): number {
    return this.#examined ? 0 : settable(this.#rights)
  }
}
