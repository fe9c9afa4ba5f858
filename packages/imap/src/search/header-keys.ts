import { COMMON_FIELDS, foldCase, readDate, type HeaderField } from '@mailstead/mime'
import { BODY_INLINE } from '../fetch/limits.ts'
import { fieldText } from './field-text.ts'
import { COST, type Criterion, type SearchKey } from './key.ts'

const DAY = 86_400_000

/** The message has a field of this name that passes. */
function hasField(name: string, test: (field: HeaderField) => boolean): Criterion {
  const key = name.toLowerCase()
  const passes = (field: HeaderField): boolean => field.name.toLowerCase() === key && test(field)
  if (COMMON_FIELDS.has(key)) {
    return {
      cost: COST.header,
      wants: { headers: true, structure: true },
      bind: () => (candidate) => candidate.hasCommonField(passes),
    }
  }
  return {
    cost: COST.octets,
    wants: { structure: true, headerUpTo: BODY_INLINE },
    bind: () => (candidate) => candidate.hasField(passes),
  }
}

function containing(name: string, text: string): Criterion {
  // RFC 3501 section 6.4.4: an empty string asks whether the field is there.
  return hasField(name, (field) => text === '' || foldCase(fieldText(field)).includes(text))
}

function textKey(name: string): SearchKey {
  return {
    name,
    parse(reader) {
      reader.d.space()
      return containing(name, reader.text())
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
      return hasField('Date', ({ value }) => {
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
      return containing(name, reader.text())
    },
  },
  sentKey('SENTBEFORE', (day, asked) => day < asked),
  sentKey('SENTON', (day, asked) => day === asked),
  sentKey('SENTSINCE', (day, asked) => day >= asked),
]
