import { COMMON_FIELDS, fieldText, foldCase, readDate, type HeaderField } from '@mailstead/mime'
import { COST, type Criterion, type KeyReader, type SearchKey } from './key.ts'
import { filterOf, inText } from './text-keys.ts'

const DAY = 86_400_000

/** The message has a field of this name, one of COMMON_FIELDS, that passes. */
function hasCommonField(name: string, test: (field: HeaderField) => boolean): Criterion {
  const key = name.toLowerCase()
  const passes = (field: HeaderField): boolean => field.name.toLowerCase() === key && test(field)
  return { cost: COST.header, wants: { headers: true, structure: true }, bind: () => (candidate) => candidate.hasCommonField(passes) }
}

/** RFC 3501 section 6.4.4: an empty text asks whether the field is there. */
function containing(reader: KeyReader, name: string): Criterion {
  const text = reader.text()
  if (COMMON_FIELDS.has(name.toLowerCase()) && !reader.isFuzzy) {
    const filter = filterOf({ text, field: foldCase(name) })
    return { ...hasCommonField(name, (field) => text === '' || foldCase(fieldText(field)).includes(text)), filter }
  }
  return inText(reader.needle({ text, place: 'field', field: foldCase(name) }))
}

function textKey(name: string): SearchKey {
  return {
    name,
    parse(reader) {
      reader.d.space()
      return containing(reader, name)
    },
  }
}

/** By the day that stands in the Date field, whatever the time and zone behind it (RFC 3501 section 6.4.4). */
function sentKey(name: string, test: (day: number, asked: number) => boolean): SearchKey {
  return {
    name,
    parse({ d }) {
      d.space()
      const asked = d.date()
      return hasCommonField('Date', ({ value }) => {
        const date = readDate(value)
        return date !== undefined && test(Math.floor((date.at + date.zone * 60_000) / DAY) * DAY, asked)
      })
    },
  }
}

export const headerKeys: readonly SearchKey[] = [
  ...['BCC', 'CC', 'FROM', 'SUBJECT', 'TO'].map(textKey),
  {
    name: 'HEADER',
    parse(reader) {
      reader.d.space()
      const name = reader.d.astring()
      reader.d.space()
      return containing(reader, name)
    },
  },
  sentKey('SENTBEFORE', (day, asked) => day < asked),
  sentKey('SENTON', (day, asked) => day === asked),
  sentKey('SENTSINCE', (day, asked) => day >= asked),
]
