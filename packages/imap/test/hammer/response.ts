/** A response as a client understands it, read by expressions of its own: nothing here knows the server's grammar. */
export type Response =
  | { readonly kind: 'exists'; readonly count: number }
  | { readonly kind: 'expunge'; readonly number: number }
  | { readonly kind: 'vanished'; readonly earlier: boolean; readonly uids: readonly number[] }
  | FetchResponse
  | { readonly kind: 'search'; readonly numbers: readonly number[] }
  | { readonly kind: 'status'; readonly mailbox: string; readonly items: ReadonlyMap<string, number> }
  | { readonly kind: 'code'; readonly name: string; readonly value: string }
  | { readonly kind: 'other' }

export interface FetchResponse {
  readonly kind: 'fetch'
  readonly number: number
  readonly uid: number | undefined
  /** Flags and keywords in order, without \Recent. */
  readonly flags: string | undefined
  readonly modSeq: number | undefined
  readonly body: string | undefined
}

export function parseResponse(text: string): Response {
  const [, number = '', kind = ''] = /^\* (\d+) ([A-Z]+)/.exec(text) ?? []
  if (kind === 'EXISTS') return { kind: 'exists', count: Number(number) }
  if (kind === 'EXPUNGE') return { kind: 'expunge', number: Number(number) }
  if (kind === 'FETCH') return parseFetch(Number(number), text)
  const [, earlier, gone] = /^\* VANISHED (\(EARLIER\) )?(\S+)$/.exec(text) ?? []
  if (gone !== undefined) return { kind: 'vanished', earlier: earlier !== undefined, uids: expand(gone) }
  if (text.startsWith('* SEARCH'))
    return { kind: 'search', numbers: [...text.replace(/\(.*/, '').matchAll(/ (\d+)/g)].map((found) => Number(found[1])) }
  const [, found] = /^\* ESEARCH \(TAG "[^"]*"\)(?: ALL (\S+))?/.exec(text) ?? []
  if (text.startsWith('* ESEARCH')) return { kind: 'search', numbers: expand(found ?? '') }
  const [, mailbox = '', items] = /^\* STATUS (\S+) \(([^)]*)\)/.exec(text) ?? []
  if (items !== undefined) return { kind: 'status', mailbox, items: pairs(items) }
  const [, name, value = ''] = /^\* OK \[([A-Z]+) ?([^\]]*)\]/.exec(text) ?? []
  return name === undefined ? { kind: 'other' } : { kind: 'code', name, value }
}

function parseFetch(number: number, text: string): FetchResponse {
  const literal = /BODY\[\] \{(\d+)\}\r\n/.exec(text)
  const from = literal === null ? 0 : literal.index + literal[0].length
  const body = literal === null ? undefined : text.slice(from, from + Number(literal[1]))
  // What stands in a message says nothing of it.
  const items = literal === null ? text : text.slice(0, literal.index) + text.slice(from + Number(literal[1]))
  const uid = /[( ]UID (\d+)/.exec(items)?.[1]
  const modSeq = /MODSEQ \((\d+)\)/.exec(items)?.[1]
  const flags = /FLAGS \(([^)]*)\)/.exec(items)?.[1]
  return {
    kind: 'fetch',
    number,
    uid: uid === undefined ? undefined : Number(uid),
    modSeq: modSeq === undefined ? undefined : Number(modSeq),
    flags: flags === undefined ? undefined : sorted(flags.split(' ')),
    body,
  }
}

function pairs(items: string): Map<string, number> {
  return new Map([...items.matchAll(/([A-Z]+) (\d+)/g)].map(([, name = '', value = '']) => [name, Number(value)]))
}

/** `1:3,7` → 1 2 3 7 */
export function expand(set: string): number[] {
  if (set === '') return []
  return set.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split(':').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

export function sorted(flags: readonly string[]): string {
  return flags
    .filter((flag) => flag !== '' && flag !== '\\Recent')
    .sort()
    .join(' ')
}

export type Sign = '' | '+' | '-'

/** What `change` makes of the flags; `undefined` for a message whose flags nobody told. */
export function apply(flags: string | undefined, sign: Sign, change: readonly string[]): string | undefined {
  if (sign === '') return sorted(change)
  if (flags === undefined) return undefined
  const set = new Set(flags.split(' '))
  for (const flag of change)
    if (sign === '+') set.add(flag)
    else set.delete(flag)
  return sorted([...set])
}
