import { createHmac, timingSafeEqual } from 'node:crypto'

const DAY = 24 * 60 * 60 * 1000

/** Days in which a rewritten sender takes reports back: longer than anybody's queue. */
const VALID_DAYS = 21

/** Days that two characters of base 32 tell apart. */
const CYCLE = 1024

/** Characters of the hash: 30 bits, in what is compared without case. */
const HASH = 6

/** RFC 5321 section 4.5.3.1.1. */
const MAX_LOCAL_PART = 64

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export interface SrsAddress {
  readonly localPart: string
  readonly domain: string
}

/** `foreign`: not an address that this scheme made, of any host. */
export type SrsAnswer = { readonly kind: 'sender'; readonly address: SrsAddress } | { readonly kind: 'foreign' | 'forged' | 'expired' }

/**
 * Senders rewritten for mail that is passed on (SRS by Shevek and Wong, "The Sender Rewriting Scheme", 2004), so that the next
 * host finds us in the envelope, and reports find their way back. Local parts are kept in their case; hashes do not mind when it is lost.
 */
export class SenderRewriting {
  readonly #secret: Uint8Array

  /** `secret`: 32 octets, the same as long as addresses are to be understood. */
  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** Rewrites alike, but nothing comes back by it: here, and to this, all that it makes is forged. */
  get unanswered(): SenderRewriting {
    return new SenderRewriting(createHmac('sha256', this.#secret).update('unanswered').digest())
  }

  /**
   * The local part that stands for `sender` in a domain of ours; an address that another host rewrote becomes SRS1, which
   * leads back to the first of them. `undefined` when it would be longer than 64 octets: hosts that refuse such
   * senders would refuse the mail, so something shorter has to stand for the sender.
   */
  encode(sender: SrsAddress, now: number): string | undefined {
    const shortcut = this.#shortcut(sender)
    if (shortcut !== undefined) return fitting(shortcut)
    const rest = `${dayText(now)}=${sender.domain}=${sender.localPart}`
    return fitting(`SRS0=${this.#hash(rest)}=${rest}`)
  }

  /** Whom a report to `localPart` is for. Only mail from the null sender may be passed on to them. */
  decode(localPart: string, now: number): SrsAnswer {
    const first = /^SRS0[=+-]([^=]+)=(([A-Z2-7]{2})=([^=]+)=(.+))$/i.exec(localPart)
    if (first !== null) {
      const [, hash = '', rest = '', day = '', domain = '', original = ''] = first
      if (!this.#matches(hash, rest)) return { kind: 'forged' }
      return isCurrent(day, now) ? { kind: 'sender', address: { localPart: original, domain } } : { kind: 'expired' }
    }
    const second = /^SRS1[=+-]([^=]+)=(([^=]+)=([=+-].+))$/i.exec(localPart)
    if (second === null) return { kind: 'foreign' }
    const [, hash = '', rest = '', domain = '', opaque = ''] = second
    if (!this.#matches(hash, rest)) return { kind: 'forged' }
    return { kind: 'sender', address: { localPart: `SRS0${opaque}`, domain } }
  }

  /** SRS1: only the first host and we are in it, however many there were. The day is the first host's to look at. */
  #shortcut({ localPart, domain }: SrsAddress): string | undefined {
    const first = /^SRS0([=+-].+)$/i.exec(localPart)
    const later = /^SRS1[=+-][^=]+=([^=]+=[=+-].+)$/i.exec(localPart)
    const rest = first === null ? later?.[1] : `${domain}=${first[1]}`
    return rest === undefined ? undefined : `SRS1=${this.#hash(rest)}=${rest}`
  }

  /** Over lower case: local parts come back in any. */
  #hash(text: string): string {
    const digest = createHmac('sha256', this.#secret).update(text.toLowerCase()).digest()
    return Array.from(digest.subarray(0, HASH), (octet) => BASE32[octet % BASE32.length]).join('')
  }

  #matches(hash: string, text: string): boolean {
    const wanted = Buffer.from(this.#hash(text))
    const given = Buffer.from(hash.toUpperCase())
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  }
}

function fitting(localPart: string): string | undefined {
  return Buffer.byteLength(localPart) <= MAX_LOCAL_PART ? localPart : undefined
}

/** Two characters: days since 1970, modulo CYCLE. */
function dayText(now: number): string {
  const day = Math.floor(now / DAY) % CYCLE
  return `${BASE32[day >> 5]}${BASE32[day & 31]}`
}

function isCurrent(text: string, now: number): boolean {
  const [high = '', low = ''] = text.toUpperCase()
  const day = BASE32.indexOf(high) * 32 + BASE32.indexOf(low)
  const age = (Math.floor(now / DAY) - day + CYCLE * CYCLE) % CYCLE
  return age <= VALID_DAYS
}
