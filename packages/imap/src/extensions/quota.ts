import { formatAddress } from '@mailstead/accounts'
import { isShared, type AccountId, type QuotaUse } from '@mailstead/store'
import { formatString, type ImapDecoder } from '@mailstead/wire'
import { command, type CommandContext, type Extension } from '../command.ts'
import { ImapNo } from '../errors.ts'
import type { Authenticated, Selected } from '../session.ts'

type Context = CommandContext<Authenticated | Selected>

/**
 * The one quota root of an account: all of its mailboxes. Thunderbird shows the name. Others know the root by the account's address behind it. An account
 * without a limit has none.
 */
const ROOT = 'User quota'
const ROOT_OF = `${ROOT} `

/** STORAGE counts units of 1,024 octets (RFC 9208 section 5.1). */
const UNIT = 1024

/** `undefined` when there is no limit: the QUOTA response names limited resources only, and at least one (RFC 9208 section 7). */
function formatQuota(root: string, { octets, octetLimit, messages, messageLimit }: QuotaUse): string | undefined {
  const resources: string[] = []
  if (octetLimit !== undefined) resources.push(`STORAGE ${Math.ceil(octets / UNIT)} ${Math.floor(octetLimit / UNIT)}`)
  if (messageLimit !== undefined) resources.push(`MESSAGE ${messages} ${messageLimit}`)
  return resources.length === 0 ? undefined : `QUOTA ${formatString(root)} (${resources.join(' ')})`
}

/** A root that this session may ask for by its name: its own, and for an administrator everybody's. */
async function accountOf({ session, services }: Context, root: string): Promise<AccountId | undefined> {
  if (root === ROOT) return session.account
  if (!root.startsWith(ROOT_OF) || (await services.accounts.account(session.account))?.role !== 'admin') return undefined
  return (await services.accounts.find(root.slice(ROOT_OF.length)))?.id
}

/** `undefined`: without a limit. */
async function quotaOf({ services }: Context, root: string, account: AccountId): Promise<string | undefined> {
  return formatQuota(root, await services.stores.for(account).quota())
}

/** RFC 9208 section 6: of others' mailboxes with the right to read them. */
async function rootOfMailbox({ session, services }: Context, wanted: string): Promise<{ name: string; root: string; use: QuotaUse }> {
  const { store } = session
  const { id, owner, name } = await store.openMailbox(wanted, 'read')
  if (!isShared({ name })) return { name, root: ROOT, use: await store.quota() }
  const account = await services.accounts.account(owner)
  return { name, root: account === undefined ? ROOT : ROOT_OF + formatAddress(account), use: await store.quota(id) }
}

interface Limit {
  readonly resource: string
  readonly limit: number
}

// setquota-list = "(" [setquota-resource *(SP setquota-resource)] ")"
function parseLimits(d: ImapDecoder): readonly Limit[] {
  return d.listOrNone(() => {
    const resource = d.atom().toUpperCase()
    d.space()
    return { resource, limit: d.number64() }
  })
}

/** What is not named is not limited any more (RFC 9208 section 4.1.3). */
function limitsFrom(list: readonly Limit[]): { readonly octets: number | undefined; readonly messages: number | undefined } {
  const limits = new Map(list.map(({ resource, limit }) => [resource, limit]))
  for (const resource of limits.keys()) {
    if (resource !== 'STORAGE' && resource !== 'MESSAGE') throw new ImapNo(`${resource} cannot be limited`, 'CANNOT')
  }
  const units = limits.get('STORAGE')
  if (units !== undefined && units > Number.MAX_SAFE_INTEGER / UNIT) throw new ImapNo('The limit is too high', 'CANNOT')
  return { octets: units === undefined ? undefined : units * UNIT, messages: limits.get('MESSAGE') }
}

/** RFC 9208. A mailbox counts for its owner, whoever fills it. */
export const quota: Extension = {
  capability: 'QUOTA',
  rfc: 9208,
  summary: 'Tells how much an account holds, and may hold',
  commands: [
    command({
      name: 'GETQUOTA',
      state: 'authenticated',
      sync: 'everything',
      parse(d) {
        d.space()
        return d.astring()
      },
      async run(context, root) {
        const account = await accountOf(context, root)
        const quota = account === undefined ? undefined : await quotaOf(context, root, account)
        if (quota === undefined) throw new ImapNo('No such quota root', 'NONEXISTENT')
        context.respond.untagged(quota)
        return { text: 'Quota given' }
      },
    }),
    command({
      name: 'GETQUOTAROOT',
      state: 'authenticated',
      sync: 'everything',
      parse(d) {
        d.space()
        return d.mailbox()
      },
      async run(context, wanted) {
        const { name, root, use } = await rootOfMailbox(context, wanted)
        const quota = formatQuota(root, use)
        const { respond } = context
        respond.untagged(`QUOTAROOT ${respond.mailbox(name)}${quota === undefined ? '' : ` ${formatString(root)}`}`)
        if (quota !== undefined) respond.untagged(quota)
        return { text: 'Quota given' }
      },
    }),
  ],
}

/** RFC 9208 section 4.1.3, for accounts with the role of an administrator. */
export const quotaSet: Extension = {
  capability: 'QUOTASET',
  rfc: 9208,
  summary: 'Administrators set what accounts may hold',
  needs: ['QUOTA'],
  commands: [
    command({
      name: 'SETQUOTA',
      state: 'authenticated',
      sync: 'everything',
      // setquota = "SETQUOTA" SP astring SP setquota-list
      parse(d) {
        d.space()
        const root = d.astring()
        d.space()
        return { root, limits: parseLimits(d) }
      },
      async run(context, { root, limits }) {
        const { session, services, respond } = context
        const account = await accountOf(context, root)
        // Who is no administrator does not learn which roots there are.
        if (account === undefined || !(await services.accounts.setLimits(session.account, account, limitsFrom(limits)))) {
          throw new ImapNo('Quotas of accounts are set by an administrator', 'NOPERM')
        }
        const quota = await quotaOf(context, root, account)
        if (quota !== undefined) respond.untagged(quota)
        return { text: 'Quota set' }
      },
    }),
  ],
}

/** RFC 9208 section 3.1.1: the resource types that the QUOTA response may name. */
export const quotaStorage: Extension = {
  capability: 'QUOTA=RES-STORAGE',
  rfc: 9208,
  summary: 'The quota counts octets of messages',
  needs: ['QUOTA'],
  // RFC 9208 section 4.1.4: octets that EXPUNGE would free.
  statusItems: [{ name: 'DELETED-STORAGE', value: ({ deletedSize }) => deletedSize }],
}

/** STATUS DELETED, which goes with it, is RFC 9051's too. */
export const quotaMessage: Extension = {
  capability: 'QUOTA=RES-MESSAGE',
  rfc: 9208,
  summary: 'The quota counts messages',
  needs: ['QUOTA'],
}
