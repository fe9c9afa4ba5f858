import type { Blobs } from '@mailstead/store'
import type { SmtpAddress } from '@mailstead/wire'
import type { Delivery } from './delivery.ts'
import { isRefused, type Refusal } from './admission.ts'
import type { Acceptance, DeliveryFailure } from './outcome.ts'

export interface LocalMessage {
  /** `undefined`: the null reverse-path. */
  readonly mailFrom: SmtpAddress | undefined
  readonly recipient: SmtpAddress
  /** With CRLF line ends. */
  readonly octets: Uint8Array
}

/** Delivers a message made on this machine, by the same path as all others. Resolves to why the recipient was not taken, if so. */
export async function deliverLocally(
  delivery: Delivery,
  blobs: Blobs,
  { mailFrom, recipient, octets }: LocalMessage,
): Promise<Acceptance | Exclude<Refusal, DeliveryFailure>> {
  const transaction = delivery.begin({ mailFrom, parameters: {}, size: octets.length, origin: { protocol: 'LOCAL' } })
  try {
    const admission = await transaction.addRecipient(recipient)
    if (isRefused(admission)) {
      if (typeof admission !== 'string') throw new Error(`Mail of our own was judged: ${admission.code}`)
      return admission
    }
    const reception = transaction.receive(() => blobs.stage())
    await reception.write(octets)
    return await reception.accept()
  } finally {
    transaction.release()
  }
}
