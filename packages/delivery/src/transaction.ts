import type { Reservation } from '@mailstead/accounts'
import { dnsName } from '@mailstead/resolver'
import type { BlobWriter, RecipientParameters } from '@mailstead/store'
import { formatAddress, type SmtpAddress } from '@mailstead/wire'
import type { Admission, AdmittedRecipient } from './admission.ts'
import type { DeliveryContext } from './context.ts'
import type { TransactionStart } from './envelope.ts'
import { failureOf } from './policy.ts'
import { Reception } from './reception.ts'

/**
 * One envelope from MAIL on. Holds what it reserved of each account's quota until `release`, or until the message it
 * received is accepted or given up.
 */
export class Transaction {
  readonly start: TransactionStart
  readonly #context: DeliveryContext
  readonly #recipients: AdmittedRecipient[] = []
  readonly #reservations = new Map<number, Reservation>()
  #released = false

  constructor(context: DeliveryContext, start: TransactionStart) {
    this.#context = context
    this.start = start
  }

  /** Addresses taken so far; one given twice counts twice, since each has its reply. */
  get recipients(): number {
    return this.#recipients.length
  }

  /** Decides on one recipient, policy and quota included: whoever is admitted here gets the message. Rejects when the store does. */
  async addRecipient(address: SmtpAddress, parameters: RecipientParameters = {}): Promise<Admission> {
    const resolution = await this.#context.accounts.resolve(address.localPart, address.domain)
    if (resolution.kind === 'elsewhere') return this.#addRemote(address, parameters)
    if (resolution.kind === 'moved') return { code: 'moved', ...this.#newAddress(resolution.to) }
    if (resolution.kind !== 'local') return resolution.kind
    const { account, tag } = resolution.recipient
    const verdict = await this.start.visit?.recipient({ address, account })
    const refusal = verdict === undefined ? undefined : failureOf(verdict)
    if (refusal !== undefined) return refusal
    // A report is not asked for room: who may send hears what became of it.
    if (this.start.reported === undefined && !this.#reservations.has(account.id)) {
      // Without a declared size: one octet, which a full mailbox has no room for.
      const reservation = await this.#context.accounts.reserve(account.id, Math.max(1, this.start.size ?? 0))
      if (reservation === undefined) return 'over-quota'
      // The client may have gone while the store was asked: nobody comes to release what is granted now.
      if (this.#released) reservation.release()
      else this.#reservations.set(account.id, reservation)
    }
    this.#recipients.push({ kind: 'local', address: formatAddress(address), parameters, account, tag })
    return 'admitted'
  }

  /** RFC 5321 section 3.4. Whose sender does not take UTF-8 in replies is not told an address that holds it (RFC 6531 section 3.5). */
  #newAddress(to: string): { readonly text?: string } {
    const tellable = this.start.parameters.smtpUtf8 === true || !/[^\u0000-\u007f]/.test(to)
    return tellable ? { text: `User not local; please try <${to}>` } : {}
  }

  async #addRemote(address: SmtpAddress, parameters: RecipientParameters): Promise<Admission> {
    if (!this.#context.leaves) return 'elsewhere'
    const domain = address.domain.startsWith('[') ? address.domain.toLowerCase() : dnsName(address.domain)
    if (!this.#isOwn) {
      if (domain === undefined || !this.#relays(address.localPart, domain)) return 'elsewhere'
      const verdict = await this.start.visit?.recipient({ address, account: undefined })
      const refusal = verdict === undefined ? undefined : failureOf(verdict)
      if (refusal !== undefined) return refusal
    }
    if (domain === undefined) return 'no-such-domain'
    const suppressed = await this.#suppressed(address, domain)
    if (suppressed !== undefined) return { code: 'suppressed', text: suppressed }
    this.#recipients.push({ kind: 'remote', address: formatAddress(address), localPart: address.localPart, domain, parameters })
    return 'admitted'
  }

  /** Who must be there always can be written to, and what is no mail of a person – reports, answers of programs – goes where it has to. */
  async #suppressed(address: SmtpAddress, domain: string): Promise<string | undefined> {
    const { origin, mailFrom } = this.start
    if (origin.account === undefined || mailFrom === undefined || /^(?:postmaster|abuse)$/i.test(address.localPart)) return undefined
    return this.#context.suppressed(formatAddress(address), domain)
  }

  /** Mail of our own people, and what is made here, goes on to everybody. */
  get #isOwn(): boolean {
    const { origin } = this.start
    return origin.account !== undefined || origin.protocol === 'LOCAL'
  }

  /**
   * Strangers' mail goes on to the domains that we relay for and nowhere else. What servers there take for a way to others in a local part –
   * `a%far.example`, `far.example!a` – they would follow, since we may bring them anything. By LMTP final delivery alone is asked for.
   */
  #relays(localPart: string, domain: string): boolean {
    return !/LMTP/.test(this.start.origin.protocol) && !/[%!@]/.test(localPart) && this.#context.relays(domain)
  }

  /** The message comes; it takes the reservations over. `stage` is called for it, and again should it have to be written anew. */
  receive(stage: () => BlobWriter): Reception {
    return new Reception(this.#context, this.start, [...this.#recipients], stage, () => this.release())
  }

  /** Gives back what was reserved. May be called at any time, and again. */
  release(): void {
    this.#released = true
    for (const reservation of this.#reservations.values()) reservation.release()
    this.#reservations.clear()
  }
}
