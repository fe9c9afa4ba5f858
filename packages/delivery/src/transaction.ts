import type { Reservation, Resolution } from '@mailstead/accounts'
import { dnsName } from '@mailstead/resolver'
import type { Account, AccountId, BlobWriter, RecipientParameters } from '@mailstead/store'
import { formatAddress, type SmtpAddress } from '@mailstead/wire'
import type { Admission, AdmittedRecipient, Lead, LostLead, Refusal } from './admission.ts'
import type { DeliveryContext } from './context.ts'
import type { TransactionStart } from './envelope.ts'
import { Expansion, withParameters } from './forwarding/expansion.ts'
import { isOwn } from './forwarding/onward.ts'
import { giveBack } from './forwarding/returns.ts'
import { MAX_RETURNS } from './limits.ts'
import type { DeliveryFailure } from './outcome.ts'
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
    const sender = await this.#rewrittenFrom(address)
    if (sender !== undefined) return 'code' in sender ? sender : this.#forward(address, parameters, sender, undefined)
    if (resolution.kind === 'moved') return { code: 'moved', ...this.#newAddress(resolution.to) }
    if (resolution.kind === 'group') return this.#forward(address, parameters, address, resolution)
    if (resolution.kind !== 'local') return resolution.kind
    const { account, tag } = resolution.recipient
    if ((account.forwarding?.targets.length ?? 0) > 0) return this.#forward(address, parameters, address, resolution)
    const refusal = await this.#judge(address, account)
    if (refusal !== undefined) return refusal
    if (!(await this.#reserve(account.id))) return 'over-quota'
    this.#recipients.push({ kind: 'local', address: formatAddress(address), parameters, account, tag })
    return 'admitted'
  }

  /** Whom a report to an address of ours is for, if it is a rewritten sender; one that was rewritten here twice is turned back twice. */
  async #rewrittenFrom(address: SmtpAddress): Promise<SmtpAddress | DeliveryFailure | undefined> {
    let sender: SmtpAddress | undefined
    for (let turn = 0; turn < MAX_RETURNS; turn++) {
      const { localPart, domain } = sender ?? address
      if (sender !== undefined && (await this.#context.accounts.resolve(localPart, domain)).kind === 'elsewhere') break
      const next = await giveBack(sender ?? address, this.start.mailFrom, this.#context)
      if (next === undefined || 'code' in next) return next ?? sender
      sender = next
    }
    return sender
  }

  async #judge(address: SmtpAddress, account: Account | undefined): Promise<Refusal | undefined> {
    const verdict = await this.start.visit?.recipient({ address, account })
    return verdict === undefined ? undefined : failureOf(verdict)
  }

  /** False: the account is full. */
  async #reserve(account: AccountId): Promise<boolean> {
    // A report is not asked for room: who may send hears what became of it.
    if (this.start.reported !== undefined || this.#reservations.has(account)) return true
    // Without a declared size: one octet, which a full mailbox has no room for.
    const reservation = await this.#context.accounts.reserve(account, Math.max(1, this.start.size ?? 0))
    if (reservation === undefined) return false
    // The client may have gone while the store was asked: nobody comes to release what is granted now.
    if (this.#released) reservation.release()
    else this.#reservations.set(account, reservation)
    return true
  }

  /** An address that leads on. `to`: where it begins to; another address where a report is given back. `resolution`: absent, then. */
  async #forward(
    address: SmtpAddress,
    parameters: RecipientParameters,
    to: SmtpAddress,
    resolution: Extract<Resolution, { kind: 'local' | 'group' }> | undefined,
  ): Promise<Admission> {
    const refusal = await this.#judge(address, resolution?.kind === 'local' ? resolution.recipient.account : undefined)
    if (refusal !== undefined) return refusal
    const expansion = new Expansion(this.#context.accounts)
    const written = formatAddress(address)
    if (!(await expansion.follow(to, resolution === undefined ? [written] : []))) {
      this.#context.log.error('an address leads to too many', { address: written })
      return { code: 'leads-too-far' }
    }
    const lost: LostLead[] = [...expansion.lost]
    const leads: Lead[] = []
    for (const lead of expansion.leads) {
      const why = await this.#obstacle(lead)
      if (why === undefined) leads.push(lead)
      // Whoever is written to himself and has no room is tried again.
      else if (lead.by.length === 0) return why
      else lost.push({ address: lead.recipient.address, why })
    }
    if (lost.length > 0) this.#context.log.warn('an address leads to some who are not reached', { address: written, lost })
    if (leads.length === 0) return lost[0]?.why ?? 'unknown'
    const tellsOfPassing = leads.length > 1 && !leads.some(({ by }) => by.length === 0)
    const home = resolution === undefined ? address : resolution.kind === 'group' ? resolution.group : resolution.recipient.account
    this.#recipients.push({
      kind: 'forwarded',
      home,
      address: written,
      parameters,
      leads: withParameters(leads, parameters),
      lost,
      tellsOfPassing,
    })
    return this.#notice(leads, resolution)
  }

  async #obstacle({ recipient }: Lead): Promise<LostLead['why'] | undefined> {
    if (recipient.kind === 'local') return (await this.#reserve(recipient.account.id)) ? undefined : 'over-quota'
    return this.#context.leaves && this.#context.rewriting !== undefined ? undefined : 'elsewhere'
  }

  /** RFC 5321 section 3.4: where the administrator wants it, who writes hears where it goes. */
  #notice(leads: readonly Lead[], resolution: Extract<Resolution, { kind: 'local' | 'group' }> | undefined): Admission {
    const told = resolution?.kind === 'group' ? resolution.group.told : resolution?.recipient.account.forwarding?.told
    const [only, ...others] = leads
    if (told !== true || only?.recipient.kind !== 'remote' || others.length > 0) return 'admitted'
    return this.#tellable(only.recipient.address) ? { forwardsTo: only.recipient.address } : 'admitted'
  }

  /** RFC 5321 section 3.4. Whose sender does not take UTF-8 in replies is not told an address that holds it (RFC 6531 section 3.5). */
  #newAddress(to: string): { readonly text?: string } {
    return this.#tellable(to) ? { text: `User not local; please try <${to}>` } : {}
  }

  #tellable(address: string): boolean {
    return this.start.parameters.smtpUtf8 === true || !/[^\u0000-\u007f]/.test(address)
  }

  async #addRemote(address: SmtpAddress, parameters: RecipientParameters): Promise<Admission> {
    if (!this.#context.leaves) return 'elsewhere'
    const domain = address.domain.startsWith('[') ? address.domain.toLowerCase() : dnsName(address.domain)
    if (!isOwn(this.start)) {
      if (domain === undefined || !this.#relays(address.localPart, domain)) return 'elsewhere'
      const refusal = await this.#judge(address, undefined)
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
