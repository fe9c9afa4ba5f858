import type { NewAccount } from '@mailstead/store'
import type { AccountToAdd } from './admin.ts'
import { addressOrThrow } from './address.ts'
import { AccountError } from './errors.ts'
import { newPassword } from './password.ts'
import type { VerifierMaker } from './verifiers.ts'

/** Thunderbird and phones look for these; the store adds INBOX and subscribes all. */
const MAILBOXES: NewAccount['mailboxes'] = [
  { name: 'Sent', specialUse: '\\Sent' },
  { name: 'Drafts', specialUse: '\\Drafts' },
  { name: 'Trash', specialUse: '\\Trash' },
  { name: 'Junk', specialUse: '\\Junk' },
  { name: 'Archive', specialUse: '\\Archive' },
]

/** Checks and hashes; whether the domain is there and the address free is the directory's to say. Throws `AccountError`. */
export async function newAccount({ address, password, quota }: AccountToAdd, verifiers: VerifierMaker): Promise<NewAccount> {
  const { localPart, domain } = addressOrThrow(address)
  const prepared = newPassword(password)
  checkQuota(quota)
  return { localPart, domain, quota, ...(await verifiers.make(prepared)), mailboxes: MAILBOXES }
}

export function checkQuota(quota: number | undefined, unit: 'octets' | 'messages' = 'octets'): void {
  if (quota !== undefined && !(Number.isSafeInteger(quota) && quota > 0)) {
    throw new AccountError('bad-quota', `${quota} is not a number of ${unit}`)
  }
}
