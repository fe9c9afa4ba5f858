import { formatString } from '@mailstead/wire'
import { command, type CommandContext, type Extension } from '../command.ts'
import { ImapNo } from '../errors.ts'
import type { Authenticated, Selected } from '../session.ts'

/** The one quota root: all of an account's mailboxes. Thunderbird shows the name. An account without a limit has none. */
const ROOT = 'User quota'

/** `undefined` when there is no limit: the QUOTA response names limited resources only, and at least one (RFC 9208 section 7). */
async function quotaOf({ session }: CommandContext<Authenticated | Selected>): Promise<string | undefined> {
  const { octets, octetLimit } = await session.store.quota()
  if (octetLimit === undefined) return undefined
  // STORAGE counts units of 1,024 octets (RFC 9208 section 5.1).
  return `QUOTA ${formatString(ROOT)} (STORAGE ${Math.ceil(octets / 1024)} ${Math.floor(octetLimit / 1024)})`
}

/** RFC 9208, by a server that lets only its administrator set limits. */
export const quota: Extension = {
  capability: 'QUOTA',
  rfc: 9208,
  summary: 'Tells how much the account holds, and may hold; limits are the administrator’s to set',
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
        const quota = root === ROOT ? await quotaOf(context) : undefined
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
      async run(context, name) {
        const mailbox = await context.session.store.openMailbox(name)
        const quota = await quotaOf(context)
        const { respond } = context
        respond.untagged(`QUOTAROOT ${respond.mailbox(mailbox.name)}${quota === undefined ? '' : ` ${formatString(ROOT)}`}`)
        if (quota !== undefined) respond.untagged(quota)
        return { text: 'Quota given' }
      },
    }),
    command({
      name: 'SETQUOTA',
      state: 'authenticated',
      sync: 'everything',
      // setquota = "SETQUOTA" SP astring SP setquota_list
      parse(d) {
        d.space()
        d.astring()
        d.space()
        d.listOrNone(() => {
          d.atom()
          d.space()
          d.number64()
        })
      },
      run() {
        throw new ImapNo('Quotas are set by the administrator', 'NOPERM')
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
