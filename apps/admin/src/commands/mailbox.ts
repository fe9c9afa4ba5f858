import { formatSize } from '@mailstead/base'
import type { CliCommand } from '../command.ts'
import { columns } from '../format.ts'

const mailboxList: CliCommand = {
  name: 'mailbox list',
  summary: "Lists an account's mailboxes with what is in them",
  arguments: ['ACCOUNT'],
  examples: ['mailstead mailbox list ann@example.org'],

  async run(shell, args) {
    const { accounts, directory } = await shell.admin()
    const mailboxes = await directory.mailboxes((await accounts.show(args.at(0))).id)
    const json = mailboxes.map(({ name, specialUse, subscribed, messages, unseen, size, uidValidity, uidNext }) => ({
      name,
      specialUse: specialUse ?? null,
      subscribed,
      messages,
      unseen,
      size,
      uidValidity,
      uidNext,
    }))
    const rows = mailboxes.map(({ name, messages, unseen, size, specialUse }) => [
      name,
      `${messages}`,
      `${unseen}`,
      formatSize(size),
      specialUse ?? '',
    ])
    shell.result(json, columns(['MAILBOX', 'MESSAGES', 'UNSEEN', 'SIZE', 'USE'], rows))
  },
}

export const mailboxCommands = [mailboxList]
