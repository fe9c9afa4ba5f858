import type { OctetSource } from '@mailstead/mime'
import { MAX_REMEMBERED, REMEMBERED_FOR } from './limits.ts'
import type { MailSigner } from './signer.ts'

interface Remembered {
  readonly fields: Promise<Uint8Array>
  readonly until: number
}

/** Signs a message once, however many destinations it leaves for one after the other; for a while, so that new keys come to bear. */
export class RememberedSignatures {
  readonly #signer: Pick<MailSigner, 'sign'>
  readonly #clock: { now(): number }
  /** By the message's name, the oldest first. */
  readonly #known = new Map<string, Remembered>()

  constructor(signer: Pick<MailSigner, 'sign'>, clock: { now(): number }) {
    this.#signer = signer
    this.#clock = clock
  }

  /** As `MailSigner.sign`; `name`: the same for the same octets and reverse-path alone. */
  sign(name: string, message: OctetSource, mailFrom: string): Promise<Uint8Array> {
    const now = this.#clock.now()
    const known = this.#known.get(name)
    if (known !== undefined && now < known.until) return known.fields
    const fields = this.#signer.sign(message, mailFrom)
    const remembered = { fields, until: now + REMEMBERED_FOR }
    // What comes anew goes to the end.
    this.#known.delete(name)
    this.#known.set(name, remembered)
    fields.catch(() => {
      if (this.#known.get(name) === remembered) this.#known.delete(name)
    })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
    return fields
  }
}
