import { formatAddress, type AccountAdmin } from '@mailstead/accounts'
import {
  rightLetters,
  rightsOf,
  sharedPrefix,
  type Account,
  type Mailbox,
  type MailStore,
  type MailStores,
  type SeenMode,
} from '@mailstead/store'

/** Who else may use a mailbox. Rights are letters of RFC 4314. */
export interface Sharing {
  readonly account: string
  readonly mailbox: string
  /** What it is called in the mail programs of others. */
  readonly seenAs: string
  /** Whose \Seen others see and set: the owner's, or each his own. */
  readonly seen: SeenMode
  readonly entries: readonly { readonly who: string; readonly granted: string; readonly denied: string }[]
}

/** The access control lists of all mailboxes, for the administrator: what he does their owners could do over IMAP. */
export interface SharingAdmin {
  show(account: string, mailbox: string): Promise<Sharing>
  /** `who`: an address, or `anyone`; `rights` takes the place of what is granted, or with `denied` of what is taken away. */
  set(account: string, mailbox: string, who: string, rights: string, denied: boolean): Promise<Sharing>
  setSeen(account: string, mailbox: string, mode: SeenMode): Promise<Sharing>
}

const ANYONE = 'anyone'

interface Opened {
  readonly account: Account
  readonly store: MailStore
  readonly mailbox: Mailbox
}

export function sharingAdmin(accounts: Pick<AccountAdmin, 'show'>, stores: Pick<MailStores, 'for'>): SharingAdmin {
  const open = async (address: string, name: string): Promise<Opened> => {
    const account = await accounts.show(address)
    const store = stores.for(account.id)
    return { account, store, mailbox: await store.openMailbox(name) }
  }
  return {
    show: async (account, mailbox) => sharingOf(await open(account, mailbox)),
    async set(account, name, who, rights, denied) {
      const opened = await open(account, name)
      const subject = who === ANYONE ? ANYONE : (await accounts.show(who)).id
      await opened.store.setRights(opened.mailbox.id, subject, { mode: 'replace', rights: rightsOf(rights), negative: denied })
      return sharingOf(opened)
    },
    async setSeen(account, name, mode) {
      const opened = await open(account, name)
      await opened.store.setSeenMode(opened.mailbox.id, mode)
      return sharingOf(opened)
    },
  }
}

async function sharingOf({ account, store, mailbox: { id, name } }: Opened): Promise<Sharing> {
  const entries = (await store.acl(id)).map(({ address, granted, denied }) => ({
    who: address === undefined ? ANYONE : formatAddress(address),
    granted: rightLetters(granted),
    denied: rightLetters(denied),
  }))
  return {
    account: formatAddress(account),
    mailbox: name,
    seenAs: sharedPrefix(account.localPart, account.domain) + name,
    seen: (await store.mailboxById(id)).seenMode,
    entries,
  }
}
