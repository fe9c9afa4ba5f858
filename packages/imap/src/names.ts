import { ImapNo } from './errors.ts'

/** C0 and C1 controls, DEL, line separators, and the byte order mark that hides in pasted names. */
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/

/**
 * The name for a new mailbox: one separator at its end only says that it will have inferiors (RFC 3501 section 6.3.3).
 * Refuses, with CANNOT, what no client could list or address again.
 */
export function newName(name: string, maxOctets: number): string {
  const bare = name.endsWith('/') ? name.slice(0, -1) : name
  if (bare === '') throw new ImapNo('A mailbox needs a name', 'CANNOT')
  if (bare.split('/').includes('')) throw new ImapNo('A level of the name is empty', 'CANNOT')
  if (UNFIT.test(bare)) throw new ImapNo('The name holds control characters', 'CANNOT')
  if (/[%*]/.test(bare)) throw new ImapNo('The name holds % or *, which LIST takes for wildcards', 'CANNOT')
  if (Buffer.byteLength(bare) > maxOctets) throw new ImapNo('The name is too long', 'CANNOT')
  return bare
}

/** Every superior name, nearest last: `a/b/c` → `a`, `a/b`. */
export function superiors(name: string): string[] {
  const parts = name.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** Every superior name of any of them. */
export function levelsAbove(names: readonly string[]): Set<string> {
  const levels = new Set<string>()
  for (const name of names) {
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      const level = name.slice(0, end)
      // Those above it are there too.
      if (levels.has(level)) break
      levels.add(level)
    }
  }
  return levels
}
