import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatSize } from '@mailstead/base'
import type { Restored } from '@mailstead/server'
import type { CliCommand } from '../command.ts'
import { CommandError } from '../errors.ts'
import { count } from '../format.ts'

const backup: CliCommand = {
  name: 'backup',
  summary: 'Writes all mail and accounts into one file, while the server runs',
  arguments: ['FILE'],
  details:
    'The file is a consistent copy of the database as of one moment; it is complete once it has its name. Keys and certificates in the ' +
    'data folder (ca.pem, tls/) and mailstead.toml are not part of it: copy them once.',
  examples: ['mailstead backup /backup/mail-$(date +%F).db'],

  async run(shell, args) {
    const file = resolve(args.at(0))
    const { maintenance } = await shell.admin()
    await maintenance.backup(file).catch(explain(file))
    const { size } = await stat(file)
    shell.result({ file, size }, `${file} written, ${formatSize(size)}`)
  },
}

/** The store only says that it could not; what it could not is known here. */
function explain(file: string): (error: unknown) => never {
  return (error) => {
    if ((error as { code?: unknown }).code !== 'unavailable') throw error
    const who = 'the user that runs the server'
    throw new CommandError(`${file} could not be written: its folder must exist, have room and be writable for ${who}`, { cause: error })
  }
}

const restore: CliCommand = {
  name: 'restore',
  summary: 'Puts a backup in place of the mail of a stopped server',
  arguments: ['FILE'],
  options: { yes: { text: 'does not ask' } },
  details:
    'The backup is checked before anything is touched; what was there is gone afterwards. Mail programs load their ' +
    'mailboxes anew afterwards, because mail that came after the backup is gone (new UIDVALIDITYs).',
  examples: ['mailstead restore /backup/mail-2026-03-01.db', 'mailstead restore mail.db --data /var/lib/mailstead --yes'],

  async run(shell, args) {
    const { restore: restoreInto } = await import('@mailstead/server')
    const { config } = shell.config()
    const file = resolve(args.at(0))
    if (!(await shell.agreed(`Replace the mail in ${resolve(config.data_dir)} by ${file}?`))) return 1
    const { messages, accounts }: Restored = await restoreInto(config, file)
    shell.result({ file, messages, accounts }, `${count(messages, 'message')} in ${count(accounts, 'account')} restored`)
    return 0
  },
}

export const backupCommands = [backup, restore]
