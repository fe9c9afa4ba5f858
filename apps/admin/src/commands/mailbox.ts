import { formatSize } from '@mailstead/base'
import type { Sharing } from '@mailstead/server'
import type { CliCommand } from '../command.ts'
import { UsageError } from '../errors.ts'
import { columns } from '../format.ts'
import type { Shell } from '../shell.ts'

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

/** What people say for rights of RFC 4314. */
const WORDS: Readonly<Record<string, string>> = {
  none: '',
  read: 'lrs',
  add: 'lrsi',
  write: 'lrswite',
  manage: 'lrswitekx',
  all: 'lrswipkxtea',
}

function parseRights(text: string): string {
  const letters = WORDS[text] ?? text
  if (/^[lrswipkxtea]*$/.test(letters)) return letters
  throw new UsageError(`${JSON.stringify(text)} is none of ${Object.keys(WORDS).join(', ')}, nor letters of lrswipkxtea`)
}

function printSharing(shell: Shell, sharing: Sharing): void {
  const { account, mailbox, seenAs, seen, entries } = sharing
  if (entries.length === 0) {
    shell.result(sharing, `${mailbox} of ${account} is shared with nobody`)
    return
  }
  const list = columns(
    ['WHO', 'RIGHTS', 'DENIED'],
    entries.map(({ who, granted, denied }) => [who, granted, denied]),
  )
  const marks = seen === 'owner' ? 'what one has read is read for all' : 'each reader has read marks of his own'
  shell.result(sharing, `${list}\n\nOthers find it as "${seenAs}"; ${marks}`)
}

const mailboxRights: CliCommand = {
  name: 'mailbox rights',
  summary: 'Shows who else may use a mailbox',
  arguments: ['ACCOUNT', 'MAILBOX'],
  examples: ['mailstead mailbox rights ann@example.org Projects'],

  async run(shell, args) {
    const { sharing } = await shell.admin()
    printSharing(shell, await sharing.show(args.at(0), args.at(1)))
  },
}

const mailboxShare: CliCommand = {
  name: 'mailbox share',
  summary: 'Sets what somebody else may do with a mailbox',
  arguments: ['ACCOUNT', 'MAILBOX', 'WHO', 'RIGHTS'],
  options: { deny: { text: 'takes the rights away instead, whatever is granted to WHO or to anyone; none ends that' } },
  details: `WHO is the address of an account, or anyone: everybody who can log in here. RIGHTS is one of ${Object.entries(WORDS)
    .map(([word, letters]) => (letters === '' ? word : `${word} (${letters})`))
    .join(', ')}, or letters of RFC 4314. It takes the place of what WHO had; what is made below the mailbox later is shared alike.`,
  examples: [
    'mailstead mailbox share info@example.org INBOX ann@example.org write',
    'mailstead mailbox share ann@example.org Projects anyone read',
    'mailstead mailbox share ann@example.org Projects bob@example.org none',
  ],

  async run(shell, args) {
    const rights = parseRights(args.at(3))
    const { sharing } = await shell.admin()
    printSharing(shell, await sharing.set(args.at(0), args.at(1), args.at(2), rights, args.flag('deny')))
  },
}

const mailboxSeen: CliCommand = {
  name: 'mailbox seen',
  summary: 'Sets whose read marks those see who share a mailbox',
  arguments: ['ACCOUNT', 'MAILBOX', 'owner|reader'],
  details:
    'With owner, what one has read is read for all, as a team wants it; with reader, each has read marks of his own. Sessions of others on it end and begin anew.',
  examples: ['mailstead mailbox seen ann@example.org Projects reader'],

  async run(shell, args) {
    const mode = args.at(2)
    if (mode !== 'owner' && mode !== 'reader') throw new UsageError(`${JSON.stringify(mode)} is neither owner nor reader`)
    const { sharing } = await shell.admin()
    printSharing(shell, await sharing.setSeen(args.at(0), args.at(1), mode))
  },
}

export const mailboxCommands = [mailboxList, mailboxRights, mailboxShare, mailboxSeen]
