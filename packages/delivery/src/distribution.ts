import type { EpochMs } from '@mailstead/base'
import type { AccountId, EnvelopeParameters, LocalDelivery, QueuedRecipient } from '@mailstead/store'
import { NO_FLAGS } from '@mailstead/store'
import { formatAddress, type SmtpAddress } from '@mailstead/wire'
import type { AdmittedRecipient, LocalRecipient, RemoteRecipient } from './admission.ts'
import type { TransactionStart } from './envelope.ts'
import { composePrefix } from './trace-header.ts'

/** Where the copies of a message go: what of an acceptance depends on its recipients. */
export interface Distribution {
  readonly deliveries: readonly LocalDelivery[]
  readonly queued: readonly QueuedRecipient[]
  /** Accounts that had this message before and get it no more. */
  readonly loops: ReadonlySet<AccountId>
}

/**
 * `deliveredTo`: addresses in lower case whose accounts the message has been delivered to. `results`: for an Authentication-Results field. `notBefore`: all copies
 * wait until then, those for accounts here too; what is true of these is seen when they are due.
 */
export function distribute(
  recipients: readonly AdmittedRecipient[],
  { mailFrom, parameters }: Pick<TransactionStart, 'mailFrom' | 'parameters'>,
  deliveredTo: ReadonlySet<string>,
  results?: string,
  notBefore?: EpochMs,
): Distribution {
  if (notBefore !== undefined) return { deliveries: [], queued: waiting(recipients, parameters, notBefore), loops: new Set() }
  const remote = recipients.filter((recipient) => recipient.kind === 'remote')
  return {
    ...copies(
      recipients.filter((recipient) => recipient.kind === 'local'),
      mailFrom,
      deliveredTo,
      results,
    ),
    queued: entries(remote, parameters),
  }
}

/** One copy for each account; the addresses that lead to it go along. */
function copies(
  recipients: readonly LocalRecipient[],
  mailFrom: SmtpAddress | undefined,
  deliveredTo: ReadonlySet<string>,
  results: string | undefined,
): Pick<Distribution, 'deliveries' | 'loops'> {
  const loops = new Set<AccountId>()
  const deliveries = new Map<AccountId, LocalDelivery>()
  for (const { account, address } of recipients) {
    const owned = formatAddress(account)
    if (deliveredTo.has(owned.toLowerCase())) {
      loops.add(account.id)
      continue
    }
    const copy = deliveries.get(account.id)
    deliveries.set(account.id, {
      recipients: [...(copy?.recipients ?? []), address],
      account: account.id,
      mailbox: 'INBOX',
      prefix: copy?.prefix ?? composePrefix(mailFrom, owned, results),
      flags: NO_FLAGS,
    })
  }
  return { deliveries: [...deliveries.values()], loops }
}

/** An address that was given twice is written to once, as it was asked for first. */
function entries(recipients: readonly RemoteRecipient[], { priority }: EnvelopeParameters): QueuedRecipient[] {
  const byAddress = new Map<string, QueuedRecipient>()
  for (const { address, localPart, domain, parameters } of recipients) {
    const key = `${localPart}@${domain}`
    if (!byAddress.has(key)) byAddress.set(key, { recipient: address, domain, parameters, ...(priority === undefined ? {} : { priority }) })
  }
  return [...byAddress.values()]
}

/** Those here wait in the lane of their account's domain, and where it leads is looked up again. */
function waiting(recipients: readonly AdmittedRecipient[], parameters: EnvelopeParameters, notBefore: EpochMs): QueuedRecipient[] {
  const all = recipients.map((recipient): RemoteRecipient => {
    if (recipient.kind === 'remote') return recipient
    const { account, parameters: own, address } = recipient
    // Postmaster needs no domain (RFC 5321 section 4.5.1).
    const whole = address.includes('@') ? address : formatAddress(account)
    return { kind: 'remote', address: whole, localPart: whole.slice(0, whole.lastIndexOf('@')), domain: account.domain, parameters: own }
  })
  return entries(all, parameters).map((entry) => ({ ...entry, notBefore }))
}
