import type { CommandGroup } from './command.ts'
import { accountCommands } from './commands/account.ts'
import { aliasCommands } from './commands/alias.ts'
import { backupCommands } from './commands/backup.ts'
import { queueCommands } from './commands/queue.ts'
import { suppressionCommands } from './commands/suppression.ts'
import { traceCommands } from './commands/trace.ts'
import { reindexCommands } from './commands/reindex.ts'
import { configCommands } from './commands/config.ts'
import { dkimCommands } from './commands/dkim.ts'
import { domainCommands } from './commands/domain.ts'
import { mailboxCommands } from './commands/mailbox.ts'
import { sendTestCommands } from './commands/send-test.ts'
import { serveCommands } from './commands/serve.ts'
import { startCommands } from './commands/start.ts'
import { statusCommands } from './commands/status.ts'
import { tlsCommands } from './commands/tls.ts'

/** Every command there is, in the order of help and docs/admin.md. */
export const groups: readonly CommandGroup[] = [
  { title: 'Running the server', commands: [...serveCommands, ...startCommands] },
  { title: 'Domains', commands: [...domainCommands, ...dkimCommands] },
  { title: 'Accounts', commands: accountCommands },
  { title: 'Aliases', commands: aliasCommands },
  { title: 'Mailboxes', commands: mailboxCommands },
  {
    title: 'Mail that leaves, and what became of mail',
    commands: [...queueCommands, ...traceCommands, ...suppressionCommands, ...tlsCommands],
  },
  { title: 'Looking after it', commands: [...statusCommands, ...sendTestCommands, ...backupCommands, ...reindexCommands] },
  { title: 'Configuration', commands: configCommands },
]

export const commands = groups.flatMap(({ commands }) => commands)
