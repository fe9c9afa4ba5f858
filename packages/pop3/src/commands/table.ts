import type { Command } from '../command.ts'
import { apop } from './apop.ts'
import { capa } from './capa.ts'
import { loginCommands } from './login.ts'
import { languageCommands } from './language.ts'
import { listingCommands } from './listings.ts'
import { markCommands } from './marks.ts'
import { quit } from './quit.ts'
import { retrieveCommands } from './retrieve.ts'

/** Every command there is; what is not here is not recognized. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [capa, quit, apop, ...loginCommands, ...languageCommands, ...listingCommands, ...markCommands, ...retrieveCommands].map((command) => [
    command.keyword,
    command,
  ]),
)
