import { createHmac, timingSafeEqual } from 'node:crypto'
import type { AccountService } from '@mailstead/accounts'
import type { AccountId, MailStore } from '@mailstead/store'
import type { ImapUrl, UrlAccess } from '@mailstead/wire'
import type { CommandContext } from '../command.ts'
import type { Authenticated, Selected } from '../session.ts'
import { isMissing, readUrl, sectionOf } from './open.ts'

type Context = CommandContext<Authenticated | Selected>

/** Begins every token, so that another algorithm can follow (RFC 4467 section 2.4.1). HMAC with SHA-256. */
const ALGORITHM = '01'

/** Calculated with where there is no key, which then takes as long (section 6). */
const NOBODYS_KEY = new Uint8Array(32)

/** The authorization token of the mechanism INTERNAL. `rump` is not changed in any way (section 6). */
export function tokenOf(key: Uint8Array, rump: string): string {
  return ALGORITHM + createHmac('sha256', key).update(rump, 'latin1').digest('hex')
}

/** The account that a user name of a URL means; `undefined`: none that is open. */
export async function accountOf(accounts: AccountService, user: string): Promise<AccountId | undefined> {
  const found = await accounts.find(user)
  return found?.enabled === true ? found.id : undefined
}

/** What a URL gives access to: with the rights of the account that made it. */
export interface Authorized {
  readonly url: ImapUrl
  readonly store: MailStore
}

/** Validates a URL that somebody was given (section 6); `undefined` for all that is wrong with it. */
export async function authorize(context: Context, text: string): Promise<Authorized | undefined> {
  const url = readUrl(text, context.peer.registry)
  const { auth, server } = url ?? {}
  if (url?.uid === undefined || auth?.proof?.mechanism !== 'INTERNAL' || server?.user === undefined || sectionOf(url) === undefined) {
    return undefined
  }
  const owner = await accountOf(context.services.accounts, server.user)
  const store = owner === undefined ? undefined : context.services.stores.for(owner)
  const key = store === undefined ? undefined : await keyOf(store, url)
  const isRight = isSame(tokenOf(key ?? NOBODYS_KEY, auth.rump), auth.proof.token)
  const isLate = auth.expire !== undefined && context.services.clock.now() > auth.expire
  if (!isRight || isLate || key === undefined || store === undefined || !(await mayUse(context, auth.access))) return undefined
  return { url, store }
}

async function keyOf(store: MailStore, { mailbox }: ImapUrl): Promise<Uint8Array | undefined> {
  try {
    return await store.urlKey((await store.openMailbox(mailbox)).id)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isSame(token: string, given: string): boolean {
  const [right, other] = [Buffer.from(token), Buffer.from(given.toLowerCase())]
  return right.length === other.length && timingSafeEqual(right, other)
}

/** Nobody is anonymous here, so that "anonymous" and "authuser" let in the same (section 10). */
async function mayUse({ session, services }: Context, access: UrlAccess): Promise<boolean> {
  switch (access.kind) {
    case 'user':
      return (await accountOf(services.accounts, access.user)) === session.account
    case 'submit':
      return services.submitters.has(session.identity.address.toLowerCase())
    default:
      return true
  }
}
