/** The system flags of RFC 9051 section 2.3.2 as bits. \Recent is no flag of the store: see `MailStore.claimRecent`. */
export const SYSTEM_FLAGS = { '\\Answered': 1, '\\Flagged': 2, '\\Deleted': 4, '\\Seen': 8, '\\Draft': 16 } as const

export type SystemFlag = keyof typeof SYSTEM_FLAGS

export const ANSWERED = 1
export const FLAGGED = 2
export const DELETED = 4
export const SEEN = 8
export const DRAFT = 16

/** RULES: 32 bits a word, four words a message. */
export const MAX_KEYWORDS = 128
export const KEYWORD_WORDS = 4

/** Flags as a client names them: bits for the system's, names for keywords (first spelling kept, compared without case). */
export interface Flags {
  readonly system: number
  readonly keywords: readonly string[]
}

export const NO_FLAGS: Flags = { system: 0, keywords: [] }

/** The names of the keywords set in `words` at message `index`, by the mailbox's list of names. */
export function keywordNames(names: readonly string[], words: Uint32Array | undefined, index: number): string[] {
  const set: string[] = []
  if (words === undefined) return set
  for (let bit = 0; bit < names.length; bit++) {
    if (((words[index * KEYWORD_WORDS + (bit >>> 5)] ?? 0) >>> (bit & 31)) & 1) set.push(names[bit] ?? '')
  }
  return set
}

/** `\Seen`, … in the order of the bits. */
export function systemFlagNames(system: number): SystemFlag[] {
  return (Object.keys(SYSTEM_FLAGS) as SystemFlag[]).filter((name) => (system & SYSTEM_FLAGS[name]) !== 0)
}
