import { decode, fromBase64, octetsOf } from './charset.ts'

export interface Field {
  /** As written. */
  readonly name: string
  /** Unfolded, an octet a character. */
  readonly value: string
}

const BLANKS = /^[ \t\r\n]+|[ \t\r\n]+$/g

/** Lines with their ends. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** The header and what stands behind its empty line. */
export function divide(message: string): { readonly header: string; readonly body: string } {
  const lines = linesOf(message)
  const empty = lines.findIndex((line) => line === '\n' || line === '\r\n')
  if (empty === -1) return { header: message, body: '' }
  return { header: lines.slice(0, empty).join(''), body: lines.slice(empty + 1).join('') }
}

export function fieldsOf(header: string): Field[] {
  const fields: string[] = []
  for (const line of linesOf(header)) {
    if (/^[ \t]/.test(line) && fields.length > 0) fields[fields.length - 1] += line
    else fields.push(line)
  }
  return fields.map((field) => {
    // A name ends with its line.
    const colon = field.split('\n')[0]?.indexOf(':') ?? -1
    const [name, value] = colon === -1 ? ['', field] : [field.slice(0, colon).replace(/[ \t\r\n]+$/, ''), field.slice(colon + 1)]
    return { name, value: value.replace(BLANKS, '').replace(/\r?\n/g, '') }
  })
}

export function valueOf(fields: readonly Field[], name: string): string | undefined {
  return fields.find((field) => field.name.toLowerCase() === name)?.value
}

/** RFC 2047: encoded words as what they stand for, the white space between two of them gone; a letter may be split over words. */
export function withoutEncodedWords(value: string): string {
  const pieces = value.split(/(=\?[^?\s]+\?[bq]\?[^?]*\?=)/i)
  let text = ''
  let open: { charset: string; octets: Buffer[] } | undefined
  const close = (): void => {
    if (open !== undefined) text += decode(Buffer.concat(open.octets), open.charset)
    open = undefined
  }
  for (const [index, piece] of pieces.entries()) {
    if (index % 2 === 0) {
      const between = index > 0 && index < pieces.length - 1 && piece.trim() === ''
      if (between) continue
      close()
      text += decode(octetsOf(piece), '')
      continue
    }
    const [, label = '', encoding = '', content = ''] = piece.split('?')
    const charset = (label.split('*')[0] ?? '').toLowerCase()
    if (open !== undefined && open.charset !== charset) close()
    open ??= { charset, octets: [] }
    open.octets.push(encoding.toLowerCase() === 'b' ? fromBase64(content) : fromQ(content))
  }
  close()
  return text
}

function fromQ(content: string): Buffer {
  let octets = ''
  for (let at = 0; at < content.length; at++) {
    const hex = /^=([0-9a-f]{2})/i.exec(content.slice(at, at + 3))?.[1]
    if (hex !== undefined) at += 2
    octets += hex !== undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : content[at] === '_' ? ' ' : content[at]
  }
  return octetsOf(octets)
}

/** `value; name=value; …` of Content-Type and its like. */
export function parametersOf(value: string): { readonly value: string; readonly parameters: readonly [name: string, value: string][] } {
  const [first = '', ...rest] = separate(value)
  // "text/plain charset=utf-8": the first semicolon forgotten.
  const word = /^[^\s]+/.exec(first.trim())?.[0] ?? ''
  const behind = first.trim().slice(word.length)
  const parameters: [string, string][] = []
  for (const piece of [behind, ...rest]) {
    const equals = piece.indexOf('=')
    if (equals === -1) continue
    const name = piece.slice(0, equals).trim()
    if (name !== '') parameters.push([name, unquoted(piece.slice(equals + 1).trim())])
  }
  return { value: word, parameters }
}

function unquoted(value: string): string {
  const quoted = /^"((?:\\[^]|[^"\\])*)/.exec(value)
  return quoted === null ? value : (quoted[1] ?? '').replace(/\\([^])/g, '$1')
}

/** At semicolons that stand neither in quotes nor in comments; comments are left out. */
function separate(value: string): string[] {
  const pieces = ['']
  let [inQuotes, depth] = [false, 0]
  for (let at = 0; at < value.length; at++) {
    const char = value[at] ?? ''
    const pair = char === '\\' && (inQuotes || depth > 0) ? char + (value[++at] ?? '') : char
    if (char === '"' && depth === 0) inQuotes = !inQuotes
    if (char === '(' && !inQuotes) depth++
    else if (char === ')' && depth > 0) depth--
    else if (char === ';' && !inQuotes && depth === 0) pieces.push('')
    else if (depth === 0) pieces[pieces.length - 1] += pair
  }
  return pieces
}

/** A field as a reader sees it; behind it what RFC 2231 hides in Content-* fields. */
export function shownField({ name, value }: Field): string {
  const text = withoutEncodedWords(value)
  if (!/^content-/i.test(name) || !/\*\s*=/.test(value)) return text
  const { parameters } = parametersOf(value)
  const names = new Set(
    parameters
      .map(([each]) => each.toLowerCase())
      .filter((each) => each.indexOf('*') > 0)
      .map((each) => each.split('*')[0] ?? ''),
  )
  return [text, ...[...names].map((each) => extendedText(parameters, each))].join('; ')
}

function extendedText(parameters: readonly [name: string, value: string][], name: string): string {
  const { octets, charset } = extendedOctets(parameters, name)
  return decode(octets, charset)
}

/** RFC 2231 sections 3 and 4. */
export function extendedOctets(
  parameters: readonly [name: string, value: string][],
  name: string,
): { readonly octets: Buffer; readonly charset: string } {
  const find = (key: string): string | undefined => parameters.find(([each]) => each.toLowerCase() === key)?.[1]
  let charset = ''
  const octets: Buffer[] = []
  for (let section = 0; ; section++) {
    const whole = section === 0 ? find(`${name}*`) : undefined
    const encoded = whole ?? find(`${name}*${section}*`)
    const plain = encoded === undefined ? find(`${name}*${section}`) : undefined
    if (encoded === undefined && plain === undefined) break
    let value = encoded ?? plain ?? ''
    if (section === 0 && encoded !== undefined && /^[^']*'[^']*'/.test(value)) {
      charset = value.split("'")[0] ?? ''
      value = value.split("'").slice(2).join("'")
    }
    octets.push(
      encoded === undefined
        ? octetsOf(value)
        : octetsOf(value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))),
    )
  }
  return { octets: Buffer.concat(octets), charset }
}
