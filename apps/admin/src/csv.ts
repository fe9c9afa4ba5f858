/** One record with the number of the line it begins on, counted from 1. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

/** A quote that never ends, or text behind a closing quote. */
export class CsvError extends Error {
  override name = 'CsvError'
}

/** Longest record in characters, so that a missing quote does not read a whole disk into memory. */
const MAX_RECORD = 64 * 1024

/**
 * RFC 4180, read as it comes: fields in quotes may hold commas, line ends and doubled quotes. Empty lines and a byte
 * order mark are left out. Nothing is trimmed: a password may begin with a space.
 */
export async function* readCsv(input: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
  let line = 1
  let start = 1
  let fields: string[] = []
  let field = ''
  let length = 0
  let state: 'start' | 'bare' | 'quoted' | 'closed' = 'start'
  let first = true
  let afterReturn = false

  const end = (): CsvRecord | undefined => {
    const record = state === 'start' && fields.length === 0 ? undefined : { line: start, fields: [...fields, field] }
    fields = []
    field = ''
    length = 0
    state = 'start'
    return record
  }

  for await (const chunk of input) {
    for (const char of first ? chunk.replace(/^\uFEFF/, '') : chunk) {
      first = false
      if (++length > MAX_RECORD) throw new CsvError(`line ${start}: more than ${MAX_RECORD} characters; is a quote missing?`)
      if (char === '\n') line++
      if (state === 'quoted') {
        if (char === '"') state = 'closed'
        else field += char
        continue
      }
      if (char === '\n' || char === '\r') {
        // CRLF ends one record, not two.
        const record = char === '\n' && afterReturn ? undefined : end()
        afterReturn = char === '\r'
        start = char === '\n' ? line : start
        if (record !== undefined) yield record
        continue
      }
      afterReturn = false
      if (state === 'closed' && char === '"') {
        field += '"'
        state = 'quoted'
      } else if (char === ',') {
        fields.push(field)
        field = ''
        state = 'start'
      } else if (state === 'closed') throw new CsvError(`line ${line}: ${JSON.stringify(char)} behind a closing quote`)
      else if (char === '"' && state === 'start') state = 'quoted'
      else {
        field += char
        state = 'bare'
      }
    }
  }
  if (state === 'quoted') throw new CsvError(`line ${start}: the quote is not closed`)
  const record = end()
  if (record !== undefined) yield record
}
