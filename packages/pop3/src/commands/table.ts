import type { Command } from '../command.ts'
import { capa } from './capa.ts'
import { loginCommands } from './login.ts'
import { languageCommands } from './language.ts'
import { listingCommands } from './listings.ts'
import { markCommands } from './marks.ts'
import { quit } from './quit.ts'
import { retrieveCommands } from './retrieve.ts'

/** Every command there is; what is not here is not recognized. APOP is not: it needs passwords kept in clear. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [capa, quit, ...loginCommands, ...languageCommands, ...listingCommands, ...markCommands, ...retrieveCommands].map((command) => [
    command.keyword,
    command,
  ]),
)
