/** What one account's mailboxes hold, as far as its owner was told, and how acts change it. Acts are functions: a crash leaves the state before one, or after it. */

/** One message in one mailbox; copies bear the same name. */
export interface Kept {
  readonly name: string
  /** `undefined` until the mailbox was looked at. */
  readonly uid: number | undefined
  /** Sorted, without \Recent. */
  readonly flags: readonly string[]
}

export type State = ReadonlyMap<string, readonly Kept[]>

export const INBOX = 'INBOX'

export function emptyState(): State {
  return new Map([[INBOX, []]])
}

/** The mailbox with other content; made when it is not there. */
export function withMailbox(state: State, mailbox: string, content: readonly Kept[]): State {
  return new Map([...state, [mailbox, content]])
}

export function withoutMailbox(state: State, mailbox: string): State {
  return new Map([...state].filter(([name]) => name !== mailbox))
}

export function renamed(state: State, from: string, to: string): State {
  return new Map([...state].map(([name, content]) => [name === from ? to : name, content]))
}

export function added(state: State, mailbox: string, messages: readonly Kept[]): State {
  return withMailbox(state, mailbox, [...contentOf(state, mailbox), ...messages])
}

export function removed(state: State, mailbox: string, uids: ReadonlySet<number>): State {
  return withMailbox(
    state,
    mailbox,
    contentOf(state, mailbox).filter(({ uid }) => uid === undefined || !uids.has(uid)),
  )
}

export type FlagChange = { readonly how: 'add' | 'remove' | 'replace'; readonly flags: readonly string[] }

export function flagged(state: State, mailbox: string, uids: ReadonlySet<number>, { how, flags }: FlagChange): State {
  const change = (before: readonly string[]): string[] => {
    if (how === 'replace') return [...flags].sort()
    if (how === 'add') return [...new Set([...before, ...flags])].sort()
    return before.filter((flag) => !flags.includes(flag))
  }
  return withMailbox(
    state,
    mailbox,
    contentOf(state, mailbox).map((each) => (each.uid !== undefined && uids.has(each.uid) ? { ...each, flags: change(each.flags) } : each)),
  )
}

export function contentOf(state: State, mailbox: string): readonly Kept[] {
  return state.get(mailbox) ?? []
}

/** Two states are the same when every mailbox holds the same messages with the same flags, in whatever order. */
export function describe(state: State): string {
  return [...state]
    .map(
      ([mailbox, content]) =>
        `${mailbox}: ${content
          .map(({ name, flags }) => `${name}(${flags.join(' ')})`)
          .sort()
          .join(', ')}`,
    )
    .sort()
    .join('\n')
}

/** The lines in which `found` differs from each of the states that were allowed. */
export function differences(found: State, allowed: readonly State[]): string[] {
  const seen = describe(found)
  if (allowed.some((state) => describe(state) === seen)) return []
  return allowed.flatMap((state, index) => {
    const expected = new Set(describe(state).split('\n'))
    const present = new Set(seen.split('\n'))
    const label = index === 0 ? 'before' : 'after'
    return [
      ...[...expected].filter((line) => !present.has(line)).map((line) => `as it was ${label} the last act: ${line}`),
      ...[...present].filter((line) => !expected.has(line)).map((line) => `found, unlike ${label}: ${line}`),
    ]
  })
}
