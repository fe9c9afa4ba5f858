import type { Part } from './part.ts'

/** Octets of the blob from `start` up to and without `end`. */
export interface OctetRange {
  readonly start: number
  readonly end: number
}

/** What stands behind the part number in BODY[…]; `undefined` is the part itself. HEADER.FIELDS cuts from `header`. */
export type SectionText = 'header' | 'text' | 'mime' | undefined

/**
 * The part that a section number names (RFC 3501 section 6.4.5), `undefined` when there is none. Parts of a multipart
 * count from 1; a message that is no multipart has itself as part 1; a message part is entered as the message it holds.
 */
export function findPart(root: Part, numbers: readonly number[]): Part | undefined {
  let part = root
  let message: Part | undefined = root
  for (const number of numbers) {
    const container = part.kind === 'multipart' ? part : message
    const next = container?.kind === 'multipart' ? container.children[number - 1] : number === 1 ? container : undefined
    if (next === undefined) return undefined
    part = next
    message = part.kind === 'message' ? part.children[0] : undefined
  }
  return part
}

/**
 * The octets of BODY[numbers.text]; `undefined` where the section does not exist. HEADER and TEXT need a message:
 * the root, or a message part, whose own message they mean; MIME needs a number.
 */
export function sectionRange(root: Part, numbers: readonly number[], text: SectionText): OctetRange | undefined {
  const part = findPart(root, numbers)
  if (part === undefined) return undefined
  if (numbers.length === 0) {
    if (text === 'mime') return undefined
    return whole(root, text)
  }
  if (text === undefined) return { start: part.body, end: part.end }
  if (text === 'mime') return { start: part.header, end: part.body }
  const message = part.kind === 'message' ? part.children[0] : undefined
  return message === undefined ? undefined : whole(message, text)
}

function whole(message: Part, text: 'header' | 'text' | undefined): OctetRange {
  return { start: text === 'text' ? message.body : message.header, end: text === 'header' ? message.body : message.end }
}
