import { COMMON_FIELDS, fieldText, foldCase, readDate, type HeaderField } from '@mailstead/mime'
import type { FieldName } from '@mailstead/store'
import type { FieldNeedle } from '../keys/fields.ts'
import { COST, type Criterion, type KeyReader, type SearchKey } from './key.ts'
import { filterOf, inText } from './text-keys.ts'

const DAY = 86_400_000

/** What is read of a message to see its common fields. */
const HEADER_WANTS = { headers: true, structure: true } as const

/** The message has a field of this name, one of COMMON_FIELDS, that passes. */
function hasCommonField(name: string, test: (field: HeaderField) => boolean): Criterion {
  const passes = named(name, test)
  return { cost: COST.header, wants: HEADER_WANTS, bind: () => (candidate) => candidate.hasCommonField(passes) }
}

function named(name: string, test: (field: HeaderField) => boolean): (field: HeaderField) => boolean {
  const key = name.toLowerCase()
  return (field) => field.name.toLowerCase() === key && test(field)
}

/** Fields that have a key of their own. */
const SEARCHED: Readonly<Record<string, FieldName>> = {
  bcc: 'all-bcc',
  cc: 'all-cc',
  from: 'all-from',
  subject: 'all-subject',
  to: 'all-to',
}

/** RFC 3501 section 6.4.4: an empty text asks whether the field is there. */
function containing(reader: KeyReader, name: string): Criterion {
  const text = reader.text()
  const key = name.toLowerCase()
  if (!COMMON_FIELDS.has(key) || reader.isFuzzy) return inText(reader.needle({ text, place: 'field', field: foldCase(name) }))
  const filter = filterOf({ text, field: foldCase(name) })
  if (text === '') return { ...hasCommonField(name, () => true), filter }
  const has = (field: HeaderField): boolean => foldCase(fieldText(field)).includes(text)
  const searched = SEARCHED[key]
  return searched === undefined
    ? { ...hasCommonField(name, has), filter }
    : { ...hasText({ name: searched, text }, named(name, has)), filter }
}

function hasText(needle: FieldNeedle, test: (field: HeaderField) => boolean): Criterion {
  return { cost: COST.fields, fields: [needle], wants: HEADER_WANTS, bind: () => (candidate) => candidate.hasText(needle, test) }
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
