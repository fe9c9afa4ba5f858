import { setImmediate } from 'node:timers/promises'
import { CannotReencode, HeaderHold, inSevenBits, planRewriting, readHeader, rewrittenSource, withFields } from '@mailstead/mime'
import type { OctetSource, Pause, ReencodeRule, Rewriting } from '@mailstead/mime'
import { MAX_HEADER, MAX_HELD, MAX_LINE, MAX_REMEMBERED_EDITS, READ_SIZE } from './limits.ts'
import { Memory } from './memory.ts'
import type { Arrival, MailSigner } from './signer.ts'

/** A message as it goes out. */
export interface DepartingMessage extends OctetSource {
  /** No octet above 127 is in it. */
  readonly ascii?: true
  /** The same without such octets, its header included, and signed in that form. Throws `CannotReencode` where that cannot be had. Absent for mail that passes. */
  sevenBits?(): Promise<OctetSource>
}

/** Mail that others have submitted, elsewhere: it is nobody's of ours, and not signed as if it were. */
export interface Passing {
  /** What is sealed of its arrival; absent: nothing. */
  readonly arrival?: Arrival | undefined
}

/** How a message leaves, whichever way it takes. */
interface Form {
  /** Absent: as it is. */
  readonly plan?: Rewriting
  readonly ascii: boolean
  readonly fields: Uint8Array
}

/**
 * Makes mail ready to leave that was submitted or made here: in 7 bits, so that nobody on its way has to break the signature (RFC 6376 section 5.3), and
 * signed in that form. Mail that cannot be had in 7 bits, is signed by somebody else already, or that no key of ours signs, stays as it is.
 */
export class Departure {
  /** `undefined`: nothing is signed. */
  readonly #signer: Pick<MailSigner, 'sign' | 'seal'> | undefined
  readonly #forms: Memory<Form>

  constructor(signer: Pick<MailSigner, 'sign' | 'seal'> | undefined, clock: { now(): number }) {
    this.#signer = signer
    this.#forms = new Memory(clock)
  }

  /**
   * `name`: the same for the same octets and reverse-path alone: for all destinations the message is looked at once.
   * Rejects where it cannot be read or signed now.
   */
  async prepare(name: string, message: OctetSource, mailFrom: string, passing?: Passing): Promise<DepartingMessage> {
    const held = message.size <= MAX_HELD
    const work = { source: held ? await hold(message) : message, pause: held ? () => undefined : () => setImmediate(), mailFrom, passing }
    const { plan, ascii, fields } = await this.#forms.of(name, () => this.#formOf(work), isSmall)
    const sent = withFields(fields, plan === undefined ? work.source : rewrittenSource(work.source, plan, work.pause))
    return { ...sent, ...(ascii ? { ascii } : {}), ...(passing !== undefined ? {} : { sevenBits: () => this.#sevenBits(work) }) }
  }

  async #formOf(work: Work): Promise<Form> {
    const plan = this.#signer === undefined || work.passing !== undefined ? 'none' : await planOf(work, inSevenBits(false, MAX_LINE))
    if (typeof plan === 'object' && !(await isSigned(work.source))) {
      const fields = await this.#sign(rewrittenSource(work.source, plan, work.pause), work)
      if (fields.length > 0) return { plan, ascii: true, fields }
    }
    return { ascii: plan === 'not needed', fields: await this.#sign(work.source, work) }
  }

  async #sevenBits(work: Work): Promise<OctetSource> {
    const plan = await planRewriting(work.source, inSevenBits(true), work.pause)
    const encoded = plan === undefined ? work.source : rewrittenSource(work.source, plan, work.pause)
    return withFields(await this.#sign(encoded, work), encoded)
  }

  async #sign(message: OctetSource, { mailFrom, passing }: Pick<Work, 'mailFrom' | 'passing'>): Promise<Uint8Array> {
    if (this.#signer === undefined || (passing !== undefined && passing.arrival === undefined)) return new Uint8Array(0)
    return passing?.arrival === undefined ? this.#signer.sign(message, mailFrom) : this.#signer.seal(message, passing.arrival)
  }
}

interface Work {
  readonly source: OctetSource
  readonly pause: Pause
  readonly mailFrom: string
  readonly passing: Passing | undefined
}

const isSmall = ({ plan }: Form): boolean => (plan?.edits.length ?? 0) <= MAX_REMEMBERED_EDITS

async function planOf({ source, pause }: Work, rule: ReencodeRule): Promise<Rewriting | 'none' | 'not needed'> {
  try {
    return (await planRewriting(source, rule, pause)) ?? 'not needed'
  } catch (error) {
    if (error instanceof CannotReencode) return 'none'
    throw error
  }
}

/** In memory, for it is read several times. */
async function hold(message: OctetSource): Promise<OctetSource> {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < message.size;) {
    const octets = await message.read(at, message.size - at)
    if (octets.length === 0) throw new Error(`the message ends at ${at} of ${message.size} octets`)
    pieces.push(octets)
    at += octets.length
  }
  const [whole = new Uint8Array(0)] = pieces.length === 1 ? pieces : [Buffer.concat(pieces)]
  return { size: message.size, read: async (offset, length) => whole.subarray(offset, offset + length) }
}

/** Somebody else's signature is worth more than ours. */
async function isSigned(message: OctetSource): Promise<boolean> {
  const holding = new HeaderHold(MAX_HEADER)
  for (let at = 0; at < message.size;) {
    const octets = await message.read(at, READ_SIZE)
    if (octets.length === 0) break
    const held = holding.push(octets)
    if (held !== undefined) return hasSignature(held.header)
    at += octets.length
  }
  return hasSignature(holding.finish().header)
}

const hasSignature = (header: Uint8Array): boolean => readHeader(header).some(({ name }) => /^(?:dkim-signature|arc-seal)$/i.test(name))
