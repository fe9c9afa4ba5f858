import { command, noArguments, type Extension } from '../command.ts'

/** NAMESPACE, RFC 2342. No prefix, as Outlook ignores one. */
export const namespace: Extension = {
  capability: 'NAMESPACE',
  rfc: 2342,
  summary: 'Tells where personal mailboxes are: at the root, with / between levels',
  commands: [
    command({
      name: 'NAMESPACE',
      state: 'authenticated',
      sync: 'everything',
      parse: noArguments,
      run({ respond }) {
        respond.untagged('NAMESPACE (("" "/")) NIL NIL')
        return { text: 'Namespaces given' }
      },
    }),
  ],
}
