import { unfold, type FieldSpan } from './header.ts'
import { MAX_MESSAGE_ID, MAX_REFERENCES } from './limits.ts'

/** What threads are made of, without angle brackets, an octet per character. */
export interface ThreadIds {
  readonly messageId: string | undefined
  /** References, then In-Reply-To's first; nearest last, none twice, at most MAX_REFERENCES. */
  readonly references: readonly string[]
}

const ID = /<([^<>]+)>/g

export function threadIds(text: string, spans: readonly FieldSpan[]): ThreadIds {
  let messageId: string | undefined
  let references: string[] = []
  let replied: string | undefined
  for (const { name, value, end } of spans) {
    if (name === 'message-id') messageId ??= readIds(text.slice(value, end))[0] ?? bareId(unfold(text, value, end))
    else if (name === 'references' && references.length === 0) references = readIds(text.slice(value, end))
    // RFC 5256 section 2.2: only the first of In-Reply-To, and only without usable References; we keep it as a fall-back.
    else if (name === 'in-reply-to') replied ??= readIds(text.slice(value, end))[0]
  }
  if (replied !== undefined && !references.includes(replied)) references.push(replied)
  return { messageId, references: [...new Set(references)].slice(-MAX_REFERENCES) }
}

/** Every `<…>` of the text; folding within an id is removed. Ids longer than MAX_MESSAGE_ID are left out. */
export function readIds(text: string): string[] {
  const ids: string[] = []
  for (const match of text.matchAll(ID)) {
    const id = (match[1] ?? '').replace(/\s+/g, '')
    if (id !== '' && id.length <= MAX_MESSAGE_ID) ids.push(id)
  }
  return ids
}

/** Some programs forget the angle brackets. */
function bareId(value: string): string | undefined {
  return value !== '' && value.length <= MAX_MESSAGE_ID && !/[\s<>]/.test(value) ? value : undefined
}

/**
 * A msg-id of RFC 2822 in the one form that all its ways of quoting mean (RFC 5256, THREAD=REFERENCES); `undefined`
 * when it is none.
 */
export function normalId(id: string): string | undefined {
  const at = id.lastIndexOf('@')
  if (at < 1 || at === id.length - 1) return undefined
  const left = /^"(.*)"$/.exec(id.slice(0, at))
  return left === null ? id : `${(left[1] ?? '').replace(/\\(.)/g, '$1')}${id.slice(at)}`
}
