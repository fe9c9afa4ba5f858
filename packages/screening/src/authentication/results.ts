/** Characters of a line: what RFC 5322 section 2.1.1 recommends. */
const LINE = 78

/**
 * The value of an Authentication-Results field (RFC 8601 section 2.2), folded where white space is. What strangers and DNS say stands in it:
 * octets that are no printable ASCII become question marks.
 */
export function resultsValue(hostName: string, results: readonly (string | undefined)[]): string {
  const parts = results
    .map((text) =>
      (text ?? '')
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/[^ -~]/g, '?')
        .trim(),
    )
    .filter((text) => text !== '')
  const lines = parts.length === 0 ? ['none'] : parts.flatMap((text, at) => folded(at < parts.length - 1 ? `${text};` : text))
  return `${hostName};\r\n\t${lines.join('\r\n\t')}`
}

function folded(text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > LINE) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
