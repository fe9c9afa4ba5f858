/** UnicodeData.txt's simple titlecase mapping: a letter for a letter, or itself. Georgian letters have none (U+10D0 to U+10FF). */
function titlecase(letter: string): string {
  const code = letter.codePointAt(0) ?? 0
  const upper = letter.toUpperCase()
  return (code >= 0x10d0 && code <= 0x10ff) || Array.from(upper).length !== 1 ? letter : upper
}

const titled = (text: string): string => Array.from(text, titlecase).join('')

/** RFC 5051 section 2: titlecase, then compatibility decomposition; and titlecase for the letters that appear only by that. */
export function casemap(text: string): string {
  return titled(titled(text).normalize('NFKD'))
}
