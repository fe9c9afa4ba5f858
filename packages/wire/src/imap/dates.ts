/** A point in time with the zone it was written in, minutes east of UTC. */
export interface DateTime {
  readonly at: number
  readonly zone: number
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DATE = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/
const DATE_TIME = /^([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/

/** date-text, without its quotes: midnight of that day, UTC, in milliseconds. `undefined`: not one. */
export function parseDate(text: string): number | undefined {
  const [, day = '', month = '', year = ''] = DATE.exec(text) ?? []
  return day === '' ? undefined : dayOf(Number(day), month, Number(year))
}

/** date-time, without its quotes. */
export function parseDateTime(text: string): DateTime | undefined {
  const match = DATE_TIME.exec(text)
  return match === null ? undefined : dateTimeOf(match)
}

/** Midnight UTC; `undefined` for a day that does not exist. */
function dayOf(day: number, month: string, year: number): number | undefined {
  const index = MONTHS.indexOf(month.toLowerCase())
  if (index === -1) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, index, day)
  return date.getUTCDate() === day && date.getUTCMonth() === index ? date.getTime() : undefined
}

function dateTimeOf(match: RegExpExecArray): DateTime | undefined {
  const [, day = '', month = '', year = '', hour, minute, second, sign, zoneHour, zoneMinute] = match
  const midnight = dayOf(Number(day), month, Number(year))
  if (midnight === undefined) return undefined
  // 60 is a leap second (RFC 3501 takes 2DIGIT); it is the next minute's first.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60 || Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1)
  return { at: midnight + ((Number(hour) * 60 + Number(minute) - zone) * 60 + Number(second)) * 1000, zone }
}
