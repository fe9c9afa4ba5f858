import { MAX_DOWNGRADED_FIELD } from '../limits.ts'
import { toOctets, toText, view } from '../octets.ts'
import type { Part } from '../part.ts'
import type { OctetRange } from '../section.ts'
import { isAscii } from './encode-words.ts'
import { downgradeField } from './field.ts'

const LF = 10
const CR = 13
const SPACE = 32
const TAB = 9
const EMPTY = new Uint8Array(0)

/** Where header fields stand in a message: its own, those of its parts, and those that delivery reports are made of. */
export function fieldRanges(root: Part): OctetRange[] {
  const ranges: OctetRange[] = []
  const visit = (part: Part): void => {
    ranges.push({ start: part.header, end: part.body })
    if (isDeliveryStatus(part)) ranges.push({ start: part.body, end: part.end })
    for (const child of part.children) visit(child)
  }
  visit(root)
  return ranges
}

/** RFC 6857 section 4.2; what is encoded is ASCII already. */
function isDeliveryStatus({ type, subtype, encoding }: Part): boolean {
  return type === 'message' && /^(global-)?delivery-status$/.test(subtype) && /^(7bit|8bit|binary)$/.test(encoding)
}

/**
 * Makes the surrogate of a message in any slicing: header fields in ASCII (RFC 6857), all else as it is. Holds no more
 * than one field; of one beyond MAX_DOWNGRADED_FIELD the octets above 127 become `?`.
 */
export class MessageDowngrader {
  readonly #ranges: readonly OctetRange[]
  #next = 0
  #at = 0
  /** A field whose end has not come. */
  #field: Uint8Array = EMPTY
  #tooLong = false

  constructor(ranges: readonly OctetRange[]) {
    this.#ranges = ranges
  }

  /** What the next octets of the message become, as far as their fields are whole. */
  push(octets: Uint8Array): Uint8Array {
    const out: Uint8Array[] = []
    let from = 0
    while (from < octets.length) {
      const range = this.#ranges[this.#next]
      const left = octets.length - from
      const before = range === undefined ? left : Math.min(left, Math.max(0, range.start - this.#at))
      if (before > 0) out.push(octets.subarray(from, from + before))
      const within = range === undefined ? 0 : Math.min(left - before, range.end - this.#at - before)
      if (within > 0) this.#take(octets.subarray(from + before, from + before + within), out)
      this.#at += before + within
      from += before + within
      if (range === undefined || this.#at < range.end) continue
      this.#end(out)
      this.#next++
    }
    return out.length === 1 ? (out[0] as Uint8Array) : Buffer.concat(out)
  }

  /** What is left, once there are no more octets. */
  end(): Uint8Array {
    const out: Uint8Array[] = []
    this.#end(out)
    return out[0] ?? EMPTY
  }

  #take(octets: Uint8Array, out: Uint8Array[]): void {
    const all = this.#field.length === 0 ? octets : Buffer.concat([this.#field, octets])
    let start = 0
    // Behind the line end that may end the field: the octet there tells.
    let line = view(all).indexOf(LF, Math.max(0, this.#field.length - 1)) + 1
    while (line > 0 && line < all.length) {
      const code = all[line]
      if ((code !== SPACE && code !== TAB) || isEmptyLine(all, start)) {
        out.push(this.#downgraded(all.subarray(start, line)))
        start = line
      }
      line = view(all).indexOf(LF, line) + 1
    }
    const rest = all.subarray(start)
    // A copy: who gives the octets may take them back.
    this.#field = rest.length > MAX_DOWNGRADED_FIELD ? EMPTY : new Uint8Array(rest)
    if (rest.length > MAX_DOWNGRADED_FIELD) {
      this.#tooLong = true
      out.push(questionMarks(rest))
    }
  }

  #end(out: Uint8Array[]): void {
    if (this.#field.length > 0) out.push(this.#downgraded(this.#field))
    this.#field = EMPTY
    this.#tooLong = false
  }

  #downgraded(field: Uint8Array): Uint8Array {
    const whole = !this.#tooLong
    this.#tooLong = false
    return whole ? downgradeField(field) : questionMarks(field)
  }
}

function isEmptyLine(octets: Uint8Array, at: number): boolean {
  return octets[at] === LF || (octets[at] === CR && octets[at + 1] === LF)
}

function questionMarks(octets: Uint8Array): Uint8Array {
  const text = toText(octets)
  return isAscii(text) ? octets : toOctets(text.replaceAll(/[\x80-\xff]/g, '?'))
}
