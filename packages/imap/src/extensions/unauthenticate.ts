import { command, noArguments, type Extension } from '../command.ts'

/**
 * UNAUTHENTICATE, RFC 8437: back to the state of a stranger, TLS aside. What was enabled, selected and saved goes with the
 * session; wrong passwords stay counted. It never answers NO, since a login may be pipelined behind it (section 3).
 */
export const unauthenticate: Extension = {
  capability: 'UNAUTHENTICATE',
  rfc: 8437,
  summary: 'Logs out without disconnecting, for the next login on the same connection',
  commands: [
    command({
      name: 'UNAUTHENTICATE',
      state: 'authenticated',
      sync: 'nothing',
      parse: noArguments,
      run: () => ({ text: 'Nobody is logged in now', session: { state: 'not-authenticated' } }),
    }),
  ],
}
