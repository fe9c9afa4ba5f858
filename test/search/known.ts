import type { Read } from './reference/message.ts'

/** A message as the reference knows it. */
export interface Known {
  readonly uid: number
  /** Its sequence number. */
  readonly number: number
  readonly size: number
  readonly read: Read
  /** Lower-case, \recent and keywords among them. */
  readonly flags: ReadonlySet<string>
  /** EpochMs, and minutes east of UTC. */
  readonly internalDate: { readonly at: number; readonly zone: number }
  readonly savedAt: number
  readonly emailId: string
  readonly threadId: string
  readonly modSeq: number
}

export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const DAY = 24 * 60 * 60 * 1000

/** The day on a calendar at that zone, as a number. */
export function dayOf(at: number, zone: number): number {
  return Math.floor((at + zone * 60_000) / DAY)
}

/** The day that a Date field names, whatever its time and zone; `undefined` when there is none. */
export function sentDay(date: string | undefined): number | undefined {
  const text = (date ?? '').replace(/\([^()]*\)/g, ' ')
  const usual = /^\s*(?:[A-Za-z]+\.?[\s,]*)?(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]*\.?,?[\s-]+(\d{2,4})\b/i.exec(text)
  const ctime = /^\s*[A-Za-z]{3}\s+([A-Za-z]{3})\s+(\d{1,2})\s+\d{1,2}:\d\d(?::\d\d)?\s+(?:(?:[A-Z]{3,4}|[+-]\d{4})\s+)?(\d{4})\b/.exec(
    text,
  )
  const [day, month, digits] = usual !== null ? [usual[1], usual[2], usual[3]] : [ctime?.[2], ctime?.[1], ctime?.[3]]
  if (day === undefined || month === undefined || digits === undefined) return undefined
  const place = MONTHS.findIndex((each) => each.toLowerCase() === month.toLowerCase())
  const year =
    digits.length === 4 ? Number(digits) : digits.length === 2 && Number(digits) < 50 ? 2000 + Number(digits) : 1900 + Number(digits)
  const at = new Date(Date.UTC(2000, place, Number(day)))
  at.setUTCFullYear(year, place, Number(day))
  return place === -1 || at.getUTCDate() !== Number(day) ? undefined : at.getTime() / DAY
}
