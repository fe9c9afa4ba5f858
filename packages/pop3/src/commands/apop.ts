import { authorization } from '../command.ts'
import { badSyntax } from '../errors.ts'
import { loginContext, welcome } from './login.ts'

/** RFC 1939 section 7, where the greeting held a timestamp; elsewhere there is no such command. */
export const apop = authorization('APOP', async (context, argument) => {
  const { peer, services } = context
  const { apop: credentials } = services.accounts
  if (credentials === undefined || peer.timestamp === undefined) throw badSyntax((texts) => texts.noSuchCommand)
  const [, name = '', digest = ''] = /^(.+) ([0-9a-f]{32})$/.exec(argument.trim()) ?? []
  if (name === '') throw badSyntax((texts) => texts.syntax('APOP name digest'))
  return welcome(context, await credentials.checkDigest(name.trim(), peer.timestamp, digest, loginContext(peer)))
})
