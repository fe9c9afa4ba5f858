/** An enhanced status code, RFC 3463: class, subject, detail. */
export type EnhancedCode = `${2 | 4 | 5}.${number}.${number}`

/** A reply with its CRLFs; several lines make a multi-line reply, the enhanced code stands on each (RFC 2034 section 4). */
export function formatReply(code: number, enhanced: EnhancedCode | undefined, lines: readonly string[]): string {
  const last = lines.length - 1
  return lines.map((line, i) => `${code}${i < last ? '-' : ' '}${enhanced === undefined ? '' : `${enhanced} `}${clean(line)}\r\n`).join('')
}

/** No text that came from elsewhere may split a reply. */
function clean(line: string): string {
  return line.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}
