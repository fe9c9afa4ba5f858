import type { Logger } from '@mailstead/base'
import { overdue, settled, type AttemptEnd, type Circumstances } from '@mailstead/queue'
import {
  CHUNK_SIZE,
  type Blobs,
  type Consignment,
  type Diagnosis,
  type QueueEntry,
  type QueueStore,
  type Settlement,
} from '@mailstead/store'
import { parseMailbox, type SmtpAddress } from '@mailstead/wire'
import { isRefused, type Admission, type Refusal } from '../admission.ts'
import type { Delivery } from '../delivery.ts'
import type { PlannedFate } from '../envelope.ts'
import { DUE_RETRY } from '../limits.ts'
import type { DeliveryFailureCode } from '../outcome.ts'
import type { Transaction } from '../transaction.ts'

export interface DueContext {
  readonly queue: Pick<QueueStore, 'read'>
  readonly delivery: Delivery
  readonly blobs: Pick<Blobs, 'stage'>
  readonly log: Logger
  readonly circumstances: Circumstances
}

type RefusalCode = Exclude<Refusal, object> | DeliveryFailureCode

/** What those who are not taken, or get no copy, are deferred or given up for. `undefined`: as if nothing had been tried. */
const REFUSED = {
  unknown: ['failed', '5.1.1', 'No such mailbox'],
  disabled: ['failed', '5.2.1', 'Mailbox does not take mail'],
  elsewhere: ['failed', '5.1.2', 'The domain is not served here any more'],
  'no-such-domain': ['failed', '5.1.2', 'The domain cannot be one'],
  suppressed: ['failed', '5.7.1', 'Mail to this address is stopped'],
  'over-quota': ['deferred', '4.2.2', 'Mailbox is full'],
  'account-not-found': ['failed', '5.1.1', 'No such mailbox'],
  moved: ['failed', '5.1.6', 'User not local'],
  loop: ['failed', '5.4.6', 'The message was delivered here before: mail loop'],
  'too-many-hops': ['failed', '5.4.6', 'Too many Received fields: mail loop'],
  'header-too-big': ['failed', '5.3.4', 'The header is too big'],
  'foreign-author': ['failed', '5.7.1', 'An address in From or Sender does not belong to the account'],
  'too-late': ['failed', '5.4.7', 'The message was to be delivered by a time that has passed'],
  'binary-sealed': ['failed', '5.6.3', 'Binary octets inside of what is signed or encrypted cannot be kept'],
  'binary-malformed': ['failed', '5.6.0', 'Binary octets stand outside of a body part'],
  'leads-too-far': ['failed', '5.4.6', 'The address leads to too many others'],
  'return-forged': ['failed', '5.1.1', 'No such mailbox'],
  'return-expired': ['failed', '5.1.6', 'The rewritten sender has expired'],
  'return-reports-only': ['failed', '5.7.1', 'A rewritten sender takes delivery reports only'],
  'not-forwarded': ['failed', '5.7.1', 'The message is not forwarded'],
  'policy-refused': ['failed', '5.7.1', 'Message refused'],
  'policy-deferred': ['deferred', '4.7.1', 'Message deferred'],
  unavailable: undefined,
} as const satisfies Record<RefusalCode, readonly [kind: 'failed' | 'deferred', status: string, text: string] | undefined>

/**
 * Delivers a consignment by the way of all mail: what is delivered is settled by the acceptance, in its commit. Resolves to the settlements of the rest. Rejects
 * when nothing is known of what became of it.
 */
export async function deliverDue(consignment: Consignment, context: DueContext): Promise<Settlement[]> {
  const { entries, attempt } = consignment
  const { circumstances } = context
  const ended = (entry: QueueEntry, end: AttemptEnd): Settlement => ({
    attempt,
    entry: entry.id,
    outcome: settled(end, entry, consignment, circumstances),
  })
  const refused = (entry: QueueEntry, code: RefusalCode, text?: string): Settlement => {
    const row = REFUSED[code]
    if (row === undefined) return { attempt, entry: entry.id, outcome: { kind: 'returned', until: circumstances.now + DUE_RETRY } }
    const [kind, status, standard] = row
    return ended(entry, { kind, diagnosis: { status, text: text ?? standard } })
  }

  const late = overdue(consignment, circumstances.now)
  if (late !== undefined) return entries.map((entry) => ended(entry, { kind: 'failed', diagnosis: late }))
  const admitted: QueueEntry[] = []
  const transaction = begin(consignment, context, (fateOf) =>
    admitted.map((entry) => {
      const fate = fateOf(entry.recipient)
      return fate === 'loop' ? refused(entry, 'loop') : delivered(entry, consignment, fate)
    }),
  )
  try {
    const rest: Settlement[] = []
    for (const entry of entries) {
      const admission = await admit(transaction, entry)
      if (!isRefused(admission)) admitted.push(entry)
      else if (typeof admission === 'string') rest.push(refused(entry, admission))
      else rest.push(refused(entry, admission.code, admission.text))
    }
    if (admitted.length === 0) return rest
    const outcomes = await accept(transaction, consignment, context)
    // Where one is kept all that were admitted are settled; what went wrong is the same for all, or said of none that was kept.
    if (outcomes.some(({ failure }) => failure === undefined)) return rest
    return [...rest, ...admitted.map((entry, n) => refused(entry, outcomes[n]?.failure?.code ?? 'unavailable', outcomes[n]?.failure?.text))]
  } finally {
    transaction.release()
  }
}

function begin(
  { mailFrom, parameters, size }: Consignment,
  { delivery }: DueContext,
  settles: (fateOf: (address: string) => PlannedFate) => Settlement[],
): Transaction {
  return delivery.begin({ mailFrom: addressOf(mailFrom), parameters, size, origin: { protocol: 'LOCAL' }, settles })
}

async function admit(transaction: Transaction, { recipient, parameters }: QueueEntry): Promise<Admission> {
  const address = addressOf(recipient)
  return address === undefined ? 'unknown' : transaction.addRecipient(address, parameters)
}

async function accept(transaction: Transaction, { queueId, size }: Consignment, { queue, blobs }: DueContext) {
  const reception = transaction.receive(() => blobs.stage())
  try {
    for (let at = 0; at < size; at += CHUNK_SIZE) await reception.write(await queue.read(queueId, at, Math.min(CHUNK_SIZE, size - at)))
  } catch (error) {
    await reception.abort()
    throw error
  }
  return (await reception.accept()).outcomes
}

const DELIVERED: Diagnosis = { status: '2.0.0', text: '' }

/** Who asked for it hears of the delivery (RFC 3461 section 5.2.3); where the mail goes on from here, who comes next tells of it. */
function delivered({ id, parameters }: QueueEntry, { attempt, mailFrom }: Consignment, fate: 'delivered' | 'onward'): Settlement {
  const told = fate === 'delivered' && mailFrom !== '' && parameters.notify?.includes('SUCCESS') === true
  return { attempt, entry: id, outcome: { kind: 'sent', diagnosis: DELIVERED, ...(told ? { report: 'delivered' } : {}) } }
}

function addressOf(text: string): SmtpAddress | undefined {
  try {
    return parseMailbox(text)
  } catch {
    return undefined
  }
}
