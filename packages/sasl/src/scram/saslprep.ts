import { LEFT_TO_RIGHT, PROHIBITED, RIGHT_TO_LEFT, TO_NOTHING, TO_SPACE, UNASSIGNED } from './stringprep-tables.ts'

const toNothing = anyOf(TO_NOTHING, 'gu')
const toSpace = anyOf(TO_SPACE, 'gu')
const prohibited = anyOf(PROHIBITED)
const unassigned = anyOf(UNASSIGNED)
const rightToLeft = anyOf(RIGHT_TO_LEFT)
const leftToRight = anyOf(LEFT_TO_RIGHT)

/**
 * SASLprep (RFC 4013) of a stored string, so code points unknown to Unicode 3.2 are refused; `undefined` when it has
 * no prepared form. SCRAM's clients prepare passwords so (RFC 5802 section 2.2). RFC 8265's OpaqueString, which passwords
 * in clear are prepared by, is another form: it keeps U+FB01 where this has `fi`.
 */
export function saslPrep(text: string): string | undefined {
  const mapped = text.replace(toSpace, ' ').replace(toNothing, '')
  // Unassigned code points are looked for before: a later Unicode may decompose them.
  if (unassigned.test(mapped)) return undefined
  const normal = mapped.normalize('NFKC')
  return prohibited.test(normal) || unassigned.test(normal) || !isOneDirection(normal) ? undefined : normal
}

/** RFC 3454 section 6. */
function isOneDirection(text: string): boolean {
  if (!rightToLeft.test(text)) return true
  const characters = Array.from(text)
  return !leftToRight.test(text) && rightToLeft.test(characters[0] ?? '') && rightToLeft.test(characters.at(-1) ?? '')
}

function anyOf(table: string, flags = 'u'): RegExp {
  const ranges = table.trim().split(/\s+/)
  return new RegExp(`[${ranges.map((range) => range.replaceAll(/[0-9a-f]+/g, String.raw`\u{$&}`)).join('')}]`, flags)
}
