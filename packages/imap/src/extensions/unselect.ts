import { command, noArguments, type Extension } from '../command.ts'
import { deselect } from '../session.ts'

/** UNSELECT, RFC 3691: CLOSE without the expunge. */
export const unselect: Extension = {
  capability: 'UNSELECT',
  rfc: 3691,
  summary: 'Leaves a mailbox without expunging',
  commands: [
    command({
      name: 'UNSELECT',
      state: 'selected',
      sync: 'nothing',
      parse: noArguments,
      run: ({ session }) => ({ text: 'Unselected', session: deselect(session) }),
    }),
  ],
}
