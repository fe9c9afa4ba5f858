import type { AccountService, Reservation } from '@mailstead/accounts'
import type { HeaderField } from '@mailstead/mime'
import { writeHeader } from '@mailstead/mime'
import type { AccountId, SentCopy } from '@mailstead/store'

const BLIND = new Set(['bcc', 'resent-bcc'])

/**
 * The sender's own copy of what he submits: with the Bcc that the others do not get. `undefined`: his account has no room for it, which keeps nobody from sending.
 * `size`: octets of the message without it.
 */
export async function sentCopy(
  account: AccountId,
  fields: readonly HeaderField[],
  size: number,
  accounts: Pick<AccountService, 'reserve'>,
): Promise<{ readonly copy: SentCopy; readonly reservation: Reservation } | undefined> {
  const prefix = writeHeader(fields.filter(({ name }) => BLIND.has(name.toLowerCase())))
  const reservation = await accounts.reserve(account, prefix.length + size)
  return reservation === undefined ? undefined : { copy: { account, prefix }, reservation }
}
