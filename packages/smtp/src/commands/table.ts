import { auth } from './auth.ts'
import { bdat } from './bdat.ts'
import type { Command } from './command.ts'
import { data } from './data.ts'
import { ehlo, helo } from './helo.ts'
import { mail } from './mail.ts'
import { rcpt } from './rcpt.ts'
import { simple } from './simple.ts'
import { starttls } from './starttls.ts'

/** Every verb that is known; what is not here is not recognized. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [ehlo, helo, starttls, auth, mail, rcpt, data, bdat, ...simple].map((command) => [command.verb, command]),
)
