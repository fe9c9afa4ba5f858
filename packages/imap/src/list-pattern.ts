import type { ImapDecoder } from '@mailstead/wire'

const SLASH = '/'

/** What LSUB and XLIST ask for; `undefined`: can match no name. */
export interface PlainListArguments {
  readonly reference: string | undefined
  readonly pattern: string | undefined
}

/** SP mailbox SP list-mailbox, RFC 3501 section 9. */
export function parsePlainList(d: ImapDecoder): PlainListArguments {
  d.space()
  const reference = d.listMailbox()
  d.space()
  return { reference, pattern: d.listMailbox() }
}

/** Whether a mailbox name matches a LIST pattern: `*` any run, `%` any run without the separator. RFC 3501 section 6.3.8. */
export type Matcher = (name: string) => boolean

/**
 * Follows all ways to read the pattern at once, so that no pattern costs more than its length times the name's. INBOX
 * is matched in any case of letters.
 */
export function listMatcher(pattern: string): Matcher {
  // "**", "*%" and "%*" mean "*"; "%%" means "%".
  const simple = pattern.replace(/[*%]*\*[*%]*/g, '*').replace(/%+/g, '%')
  if (simple === '*') return () => true
  if (simple === '%') return (name) => !name.includes(SLASH)
  if (!/[*%]/.test(simple)) {
    const wanted = simple.replace(/^inbox(?=$|\/)/i, 'INBOX')
    return (name) => name === wanted
  }
  const fewest = simple.replace(/[*%]/g, '').length
  return (name) => name.length >= fewest && matches(simple, name)
}

function matches(pattern: string, name: string): boolean {
  const anyCase = name === 'INBOX' || name.startsWith('INBOX/') ? 5 : 0
  // open[i]: the pattern's first i characters match what was read of the name.
  let open = closure(pattern, new Uint8Array(pattern.length + 1).fill(1, 0, 1))
  for (let at = 0; at < name.length; at++) {
    const next = new Uint8Array(pattern.length + 1)
    const char = name[at] ?? ''
    for (let i = 0; i < pattern.length; i++) {
      if (open[i] === 0) continue
      const wanted = pattern[i] ?? ''
      if (wanted === '*' || (wanted === '%' && char !== SLASH)) next[i] = 1
      else if (wanted === char || (at < anyCase && wanted.toUpperCase() === char)) next[i + 1] = 1
    }
    open = closure(pattern, next)
  }
  return open[pattern.length] === 1
}

/** A wildcard also matches nothing. */
function closure(pattern: string, open: Uint8Array): Uint8Array {
  for (let i = 0; i < pattern.length; i++) if (open[i] === 1 && (pattern[i] === '*' || pattern[i] === '%')) open[i + 1] = 1
  return open
}
