import { formatString } from '@mailstead/wire'
import { command, type CommandContext, type Extension } from '../command.ts'
import { ImapNo } from '../errors.ts'
import type { Authenticated, Selected } from '../session.ts'

/** The one quota root: all of an account's mailboxes. Thunderbird shows the name. */
const ROOT = 'User quota'

/** QUOTA response; without a limit no resource is named (RFC 2087 section 5.1). STORAGE counts units of 1,024 octets. */
async function printQuota({ session, respond }: CommandContext<Authenticated | Selected>): Promise<void> {
  const { octets, octetLimit } = await session.store.quota()
  const storage = octetLimit === undefined ? '' : `STORAGE ${Math.ceil(octets / 1024)} ${Math.floor(octetLimit / 1024)}`
  respond.untagged(`QUOTA ${formatString(ROOT)} (${storage})`)
}

/** RFC 2087, as RFC 9208 has it for a server that lets only its administrator set limits. */
export const quota: Extension = {
  capability: 'QUOTA',
  rfc: 2087,
  summary: 'Tells how much the account holds, and may hold',
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
        if (root !== ROOT && root !== '') throw new ImapNo('No such quota root', 'NONEXISTENT')
        await printQuota(context)
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
        context.respond.untagged(`QUOTAROOT ${context.respond.mailbox(mailbox.name)} ${formatString(ROOT)}`)
        await printQuota(context)
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
}
