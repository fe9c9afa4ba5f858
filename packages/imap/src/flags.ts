import { SYSTEM_FLAGS, type Flags } from '@mailstead/store'
import { ImapBad, ImapNo } from './errors.ts'

const BY_NAME = new Map<string, number>(Object.entries(SYSTEM_FLAGS).map(([name, bit]) => [name.toLowerCase(), bit]))

/** Longer keywords are nobody's, and every FLAGS response of the mailbox carries them. */
const MAX_KEYWORD = 128

/** Flags as a client wrote them. Throws for `\Foo`: only the system's flags begin so. */
export function flagsFrom(names: readonly string[]): Flags {
  let system = 0
  const keywords = new Map<string, string>()
  for (const name of names) {
    if (name.startsWith('\\')) {
      const bit = BY_NAME.get(name.toLowerCase())
      if (bit === undefined) throw new ImapBad(`There is no system flag ${name}`)
      system |= bit
    } else {
      if (name.length > MAX_KEYWORD) throw new ImapNo('The keyword is too long', 'LIMIT')
      const key = name.toLowerCase()
      if (!keywords.has(key)) keywords.set(key, name)
    }
  }
  return { system, keywords: [...keywords.values()] }
}
