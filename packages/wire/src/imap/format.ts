/** Bytes of text on the wire: every formatted string is one character an octet ("latin1"). */

/** Quotable, and nothing in it to be escaped. */
const PLAIN = /^[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]*$/
const QUOTABLE = /^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/
const MAX_QUOTED = 1000

/** string: quoted where the grammar allows it, else a literal of the text's UTF-8. One character is one octet. */
export function formatString(text: string): string {
  if (text.length <= MAX_QUOTED) {
    if (PLAIN.test(text)) return `"${text}"`
    if (QUOTABLE.test(text)) return `"${text.replace(/[\\"]/g, '\\$&')}"`
  }
  const octets = Buffer.from(text, 'utf8').toString('latin1')
  return `{${octets.length}}\r\n${octets}`
}

export function formatNstring(text: string | undefined): string {
  return text === undefined ? 'NIL' : formatString(text)
}

/** nstring / literal8: NUL needs the latter (RFC 5464 section 5). */
export function formatValue(octets: Uint8Array | undefined): string {
  if (octets === undefined) return 'NIL'
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
  if (QUOTABLE.test(text) && text.length <= MAX_QUOTED) return `"${text.replace(/[\\"]/g, '\\$&')}"`
  return `${octets.includes(0) ? '~' : ''}{${octets.length}}\r\n${text}`
}

/** sequence-set of ascending or any numbers, runs joined: `1:3,7`. */
export function formatSet(numbers: ArrayLike<number>): string {
  let out = ''
  for (let index = 0; index < numbers.length;) {
    const first = numbers[index] ?? 0
    let last = first
    while (++index < numbers.length && numbers[index] === last + 1) last++
    out += `${out === '' ? '' : ','}${first === last ? first : `${first}:${last}`}`
  }
  return out
}

/** Digits of the largest number of RFC 3501. */
export const NUMBER_WIDTH = 10
const ZERO = 0x30
const BLANK = 0x20

/** ` 1 2 3`: the numbers, whole and below 2^32, each behind a blank. */
export function formatNumbers(numbers: ArrayLike<number>): Uint8Array {
  const octets = new Uint8Array(numbers.length * (1 + NUMBER_WIDTH))
  let end = 0
  for (let index = 0; index < numbers.length; index++) {
    octets[end++] = BLANK
    end = putNumber(octets, end, numbers[index] ?? 0)
  }
  return octets.slice(0, end)
}

/** Writes a number, whole and below 2^32, from `at` on, where NUMBER_WIDTH octets are free. Returns where it ends. */
export function putNumber(octets: Uint8Array, at: number, number: number): number {
  const end = at + digitsOf(number)
  let left = number
  for (let place = end - 1; place >= at; place--) {
    const rest = (left / 10) >>> 0
    octets[place] = ZERO + left - rest * 10
    left = rest
  }
  return end
}

function digitsOf(number: number): number {
  let digits = 1
  for (let bound = 10; number >= bound; bound *= 10) digits++
  return digits
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number): string => String(value).padStart(2, '0')

/** date-time with its quotes, in the zone given, minutes east of UTC. `at` is milliseconds since 1970. */
export function formatDateTime(at: number, zone: number): string {
  const local = new Date(at + zone * 60_000)
  const day = String(local.getUTCDate()).padStart(2, ' ')
  const year = String(local.getUTCFullYear()).padStart(4, '0')
  const time = `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`
  const east = Math.abs(zone)
  return `"${day}-${MONTHS[local.getUTCMonth()] ?? ''}-${year} ${time} ${zone < 0 ? '-' : '+'}${two(Math.floor(east / 60))}${two(east % 60)}"`
}
