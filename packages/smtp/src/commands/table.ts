import { atrn } from './atrn.ts'
import { auth } from './auth.ts'
import { bdat } from './bdat.ts'
import type { Command } from './command.ts'
import { data } from './data.ts'
import { etrn } from './etrn.ts'
import { expn } from './expn.ts'
import { greetings } from './helo.ts'
import { helpFor } from './help.ts'
import { mail } from './mail.ts'
import { rcpt } from './rcpt.ts'
import { simple } from './simple.ts'
import { xclient } from './xclient.ts'
import { starttls } from './starttls.ts'

const commands: readonly Command[] = [...greetings, starttls, auth, mail, rcpt, data, bdat, ...simple, xclient, expn, etrn, atrn]

/** Every verb that is known; what is not here is not recognized. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map([...commands, helpFor(commands)].map((command) => [command.verb, command]))
