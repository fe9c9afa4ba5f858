import type { AccountService } from '@mailstead/accounts'
import type { Config } from '@mailstead/config'
import type { AccountId } from '@mailstead/store'

/** Whether the server keeps what an account sends, by its address. */
export function savesSent({ submission }: Pick<Config, 'submission'>): (address: string) => boolean {
  const others = new Set(submission.save_sent_except.map((address) => address.toLowerCase()))
  return (address) => others.has(address.toLowerCase()) !== submission.save_sent
}

/** The same by its id. Where all are alike nobody is looked up, for this is asked for every message that is sent. */
export function savesSentOf(
  config: Pick<Config, 'submission'>,
  accounts: Pick<AccountService, 'account'>,
): (id: AccountId) => Promise<boolean> {
  const { save_sent: all, save_sent_except: others } = config.submission
  if (others.length === 0) return () => Promise.resolve(all)
  const saves = savesSent(config)
  return async (id) => {
    const account = await accounts.account(id)
    return account !== undefined && saves(`${account.localPart}@${account.domain}`)
  }
}
