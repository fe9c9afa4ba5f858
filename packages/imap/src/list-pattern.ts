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

/** INBOX and what is below it are matched in any case of its letters. */
const INBOX = 'INBOX'

/** Whether the name, from an index on, is what a pattern without the octets before its first wildcard says. */
type RestMatcher = (name: string, from: number, anyCase: number) => boolean

/** What stands before the first wildcard is compared; nearly all patterns of clients need no more than that. */
export function listMatcher(pattern: string): Matcher {
  // "**", "*%" and "%*" mean "*"; "%%" means "%".
  const simple = pattern.replace(/[*%]*\*[*%]*/g, '*').replace(/%+/g, '%')
  const head = /^[^*%]*/.exec(simple)?.[0] ?? ''
  const inboxHead = head.slice(0, INBOX.length).replace(/[a-z]+/g, (letters) => letters.toUpperCase()) + head.slice(INBOX.length)
  const rest = restMatcher(simple.slice(head.length))
  return (name) => {
    const isInbox = name === INBOX || name.startsWith(`${INBOX}${SLASH}`)
    return name.startsWith(isInbox ? inboxHead : head) && rest(name, head.length, isInbox ? INBOX.length : 0)
  }
}

function restMatcher(rest: string): RestMatcher {
  if (rest === '') return (name, from) => name.length === from
  if (rest === '*') return () => true
  if (rest === '%') return (name, from) => !name.includes(SLASH, from)
  const fewest = rest.replace(/[*%]/g, '').length
  const matches = wildcardMatcher(rest)
  return (name, from, anyCase) => name.length - from >= fewest && matches(name, from, anyCase)
}

/** Follows all ways to read the pattern at once, so that no pattern costs more than its length times the name's. */
function wildcardMatcher(pattern: string): RestMatcher {
  // open[i]: the pattern's first i characters match what was read of the name.
  let open = new Uint8Array(pattern.length + 1)
  let next = new Uint8Array(pattern.length + 1)
  return (name, from, anyCase) => {
    closure(pattern, open.fill(0).fill(1, 0, 1))
    for (let at = from; at < name.length; at++) {
      const char = name[at] ?? ''
      next.fill(0)
      for (let i = 0; i < pattern.length; i++) {
        if (open[i] === 0) continue
        const wanted = pattern[i] ?? ''
        if (wanted === '*' || (wanted === '%' && char !== SLASH)) next[i] = 1
        else if (wanted === char || (at < anyCase && wanted.toUpperCase() === char)) next[i + 1] = 1
      }
      closure(pattern, next)
      const read = open
      open = next
      next = read
    }
    return open[pattern.length] === 1
  }
}

/** A wildcard also matches nothing. */
function closure(pattern: string, open: Uint8Array): void {
  for (let i = 0; i < pattern.length; i++) if (open[i] === 1 && (pattern[i] === '*' || pattern[i] === '%')) open[i + 1] = 1
}
