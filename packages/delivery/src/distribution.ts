import type { EpochMs } from '@mailstead/base'
import type { AccountId, EnvelopeParameters, LocalDelivery, QueuedCopy, QueuedRecipient } from '@mailstead/store'
import { NO_FLAGS } from '@mailstead/store'
import { formatAddress, type SmtpAddress } from '@mailstead/wire'
import type { AdmittedRecipient, Lead, LocalRecipient, RemoteRecipient } from './admission.ts'
import type { TransactionStart } from './envelope.ts'
import { composePrefix } from './trace-header.ts'

/** Where the copies of a message go: what of an acceptance depends on its recipients. */
export interface Distribution {
  readonly deliveries: readonly LocalDelivery[]
  readonly queued: readonly QueuedRecipient[]
  readonly copies: readonly QueuedCopy[]
  /** Accounts that had this message before and get it no more. */
  readonly loops: ReadonlySet<AccountId>
}

/** The address that the sender wrote, and where the message goes by it. */
export interface Forwarded {
  readonly address: string
  readonly leads: readonly Lead[]
}

/** What of a distribution depends on the message, and not on its recipients alone. */
export interface DistributionFacts {
  /** Addresses in lower case whose accounts the message has been delivered to. */
  readonly deliveredTo: ReadonlySet<string>
  /** For an Authentication-Results field. */
  readonly results: string | undefined
  /** What goes on of addresses that forward. */
  readonly forwarded: readonly Forwarded[]
  /** What goes out by way of these addresses of ours. */
  readonly copyFor: (by: readonly string[]) => QueuedCopy
  /** All copies wait until then, those for accounts here too; what is true of these is seen when they are due. */
  readonly notBefore: EpochMs | undefined
}

export function distribute(
  recipients: readonly AdmittedRecipient[],
  { mailFrom, parameters }: Pick<TransactionStart, 'mailFrom' | 'parameters'>,
  facts: DistributionFacts,
): Distribution {
  if (facts.notBefore !== undefined)
    return { deliveries: [], queued: waiting(recipients, parameters, facts.notBefore), copies: [], loops: new Set() }
  const local = recipients.filter((recipient) => recipient.kind === 'local').map((recipient) => led(recipient, [recipient.address]))
  const through = facts.forwarded.flatMap(({ address, leads }) =>
    leads.flatMap(({ recipient }) => (recipient.kind === 'local' ? [led(recipient, [...new Set([recipient.address, address])])] : [])),
  )
  const remote = recipients.filter((recipient) => recipient.kind === 'remote')
  return { ...deliveriesTo([...local, ...through], mailFrom, facts), ...entries(remote, parameters, facts) }
}

/** An account, and the addresses that lead there. */
interface Led {
  readonly account: LocalRecipient['account']
  readonly addresses: readonly string[]
}

const led = ({ account }: LocalRecipient, addresses: readonly string[]): Led => ({ account, addresses })

/** One copy for each account; the addresses that lead to it go along. */
function deliveriesTo(
  recipients: readonly Led[],
  mailFrom: SmtpAddress | undefined,
  { deliveredTo, results }: DistributionFacts,
): Pick<Distribution, 'deliveries' | 'loops'> {
  const loops = new Set<AccountId>()
  const deliveries = new Map<AccountId, LocalDelivery>()
  for (const { account, addresses } of recipients) {
    const owned = formatAddress(account)
    if (deliveredTo.has(owned.toLowerCase())) {
      loops.add(account.id)
      continue
    }
    const copy = deliveries.get(account.id)
    deliveries.set(account.id, {
      recipients: [...(copy?.recipients ?? []), ...addresses],
      account: account.id,
      mailbox: 'INBOX',
      prefix: copy?.prefix ?? composePrefix(mailFrom, owned, results),
      flags: NO_FLAGS,
    })
  }
  return { deliveries: [...deliveries.values()], loops }
}

/** An address that was given twice is written to once, as it was asked for first. Who is written to directly gets the message as it is. */
function entries(
  remote: readonly RemoteRecipient[],
  { priority }: EnvelopeParameters,
  { forwarded, copyFor }: Pick<DistributionFacts, 'forwarded' | 'copyFor'>,
): Pick<Distribution, 'queued' | 'copies'> {
  const byAddress = new Map<string, QueuedRecipient>()
  const add = (
    { address, localPart, domain, parameters }: RemoteRecipient,
    more: () => Pick<QueuedRecipient, 'copy' | 'original'>,
  ): void => {
    const key = `${localPart}@${domain}`
    if (byAddress.has(key)) return
    byAddress.set(key, { recipient: address, domain, parameters, ...(priority === undefined ? {} : { priority }), ...more() })
  }
  for (const recipient of remote) add(recipient, () => ({}))
  const copies: QueuedCopy[] = []
  const numbers = new Map<string, number>()
  const copy = (by: readonly string[]): number => {
    const key = by.join(' ')
    const number = numbers.get(key) ?? copies.push(copyFor(by)) - 1
    numbers.set(key, number)
    return number
  }
  for (const { address: original, leads } of forwarded) {
    for (const { recipient, by } of leads) if (recipient.kind === 'remote') add(recipient, () => ({ copy: copy(by), original }))
  }
  return { queued: [...byAddress.values()], copies }
}

const NOTHING_FORWARDED: Pick<DistributionFacts, 'forwarded' | 'copyFor'> = {
  forwarded: [],
  copyFor: () => {
    throw new Error('nothing is forwarded')
  },
}

/** Those here wait in the lane of their account's domain, and where it leads is looked up again. */
function waiting(recipients: readonly AdmittedRecipient[], parameters: EnvelopeParameters, notBefore: EpochMs): QueuedRecipient[] {
  const all = recipients.map((recipient): RemoteRecipient => {
    if (recipient.kind === 'remote') return recipient
    const { parameters: own, address } = recipient
    const home = recipient.kind === 'local' ? recipient.account : recipient.home
    // Postmaster needs no domain (RFC 5321 section 4.5.1).
    const whole = address.includes('@') ? address : formatAddress(home)
    return { kind: 'remote', address: whole, localPart: whole.slice(0, whole.lastIndexOf('@')), domain: home.domain, parameters: own }
  })
  return entries(all, parameters, NOTHING_FORWARDED).queued.map((entry) => ({ ...entry, notBefore }))
}
