/** A point in time, milliseconds since 1970, and the zone its writer named, minutes east of UTC. */
export interface HeaderDate {
  readonly at: number
  readonly zone: number
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** RFC 5322 section 4.3: the military zones say nothing. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ['EST', -300],
  ['EDT', -240],
  ['CST', -360],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
])

/** date-time with blanks for comments and folding; hyphens and long names of months are seen in mail. */
const DATE = /^\s*(?:[A-Za-z]+\.?[\s,]*)?(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]*\.?,?[\s-]+(\d{2,4})\b(.*)$/s
/** What C's asctime writes: "Fri Nov 21 08:26:27 2025". */
const ASCTIME = /^\s*[A-Za-z]{3}\s+([A-Za-z]{3})\s+(\d{1,2})\s+(\d{1,2}:\d{2}(?::\d{2})?)\s+(?:([A-Z]{3,4}|[+-]\d{4})\s+)?(\d{4})\b/
const TIME = /^[\s,]*(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?/
const ZONE = /^\s*(?:([+-])(\d{2}):?(\d{2})|([A-Za-z]{1,5}))/

/** The value of a Date field, unfolded (RFC 5322 section 3.3 and 4.3, and what is near it). `undefined` when it is none. */
export function readDate(value: string): HeaderDate | undefined {
  const text = withoutComments(value)
  const match = DATE.exec(text)
  if (match !== null) return dateOf(match[1] ?? '', match[2] ?? '', yearOf(match[3] ?? ''), match[4] ?? '')
  const [, month = '', day = '', time = '', zone = '', year = ''] = ASCTIME.exec(text) ?? []
  return year === '' ? undefined : dateOf(day, month, Number(year), ` ${time} ${zone}`)
}

function dateOf(day: string, monthName: string, year: number, rest: string): HeaderDate | undefined {
  const month = MONTHS.indexOf(monthName.toLowerCase())
  if (month < 0) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month, Number(day))
  if (date.getUTCMonth() !== month || date.getUTCDate() !== Number(day)) return undefined
  // A day without a readable time is still a day.
  const time = TIME.exec(rest)
  const [hour, minute, second] = [Number(time?.[1] ?? 0), Number(time?.[2] ?? 0), Number(time?.[3] ?? 0)]
  if (hour > 23 || minute > 59 || second > 60) return { at: date.getTime(), zone: 0 }
  const zone = time === null ? 0 : zoneOf(rest.slice(time[0].length))
  return { at: date.getTime() + ((hour * 60 + minute - zone) * 60 + second) * 1000, zone }
}

function zoneOf(text: string): number {
  const match = ZONE.exec(text)
  if (match === null) return 0
  if (match[4] !== undefined) return ZONES.get(match[4].toUpperCase()) ?? 0
  const [hours, minutes] = [Number(match[2]), Number(match[3])]
  if (hours > 23 || minutes > 59) return 0
  const east = hours * 60 + minutes
  return match[1] === '-' ? 0 - east : east
}

/** RFC 5322 section 4.3: two digits are 1950 to 2049, three count from 1900. */
function yearOf(digits: string): number {
  const year = Number(digits)
  if (digits.length === 4) return year
  return digits.length === 2 && year < 50 ? 2000 + year : 1900 + year
}

function withoutComments(text: string): string {
  if (!text.includes('(')) return text
  let kept = ''
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') at++
    else if (char === '(') depth++
    else if (char === ')') depth = Math.max(0, depth - 1)
    else if (depth === 0) kept += char
    if (char === ')' && depth === 0) kept += ' '
  }
  return kept
}
