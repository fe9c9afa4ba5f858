import { OTHER_USERS, SEPARATOR } from '@mailstead/store'
import { formatString } from '@mailstead/wire'
import { command, noArguments, type Extension } from '../command.ts'

/** NAMESPACE, RFC 2342. No prefix for the client's own, as Outlook ignores one. */
export const namespace: Extension = {
  capability: 'NAMESPACE',
  rfc: 2342,
  summary: `Tells where mailboxes are: one’s own at the root, what others share below "${OTHER_USERS}", with / between levels`,
  commands: [
    command({
      name: 'NAMESPACE',
      state: 'authenticated',
      sync: 'everything',
      parse: noArguments,
      run({ respond }) {
        respond.untagged(`NAMESPACE (("" "/")) ((${formatString(OTHER_USERS + SEPARATOR)} "/")) NIL`)
        return { text: 'Namespaces given' }
      },
    }),
  ],
}
