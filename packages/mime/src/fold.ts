const ASCII = /^[\x00-\x7f]*$/

/**
 * Text as SEARCH compares it: RFC 5051's i;unicode-casemap, capitals and compatibility decomposition, in the other
 * order, so that letters which appear only by decomposing lose their case too and "fin" is found in "ﬁnger". What a
 * search index holds is folded by this and nothing else.
 */
export function foldCase(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : text.normalize('NFKD').toUpperCase()
}
