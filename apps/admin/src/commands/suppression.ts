import { formatAddress, parseAddress } from '@mailstead/accounts'
import type { AdminContext, Suppressed } from '@mailstead/server'
import { suppressionKey } from '@mailstead/store'
import { wholeNumber } from '../args.ts'
import type { CliCommand } from '../command.ts'
import { CommandError, UsageError } from '../errors.ts'
import { columns, printable, when } from '../format.ts'
import { MAX_LISTED, QUEUE_LISTED } from '../limits.ts'
import { bare, milliseconds } from '../queue-filter.ts'

const suppressionList: CliCommand = {
  name: 'suppression list',
  summary: 'Lists addresses elsewhere that users may not write to, since they are gone or were entered',
  options: {
    all: { text: 'those too whose failures are only counted so far' },
    limit: { value: 'NUMBER', text: `how many at most (${QUEUE_LISTED})` },
  },
  details: 'When an address is held to be gone, and for how long, is said by [suppression] of the configuration.',
  examples: ['mailstead suppression list', 'mailstead suppression list --all --json'],

  async run(shell, args) {
    const limit = wholeNumber(args, 'limit', 1, MAX_LISTED) ?? QUEUE_LISTED
    const { suppressions } = await shell.admin()
    const found = await suppressions.list(args.flag('all'), undefined, limit + 1)
    const listed = found.slice(0, limit)
    shell.result(listed.map(asJson), listed.length === 0 ? 'No address is suppressed' : table(listed))
    if (found.length > limit) shell.note(`There is more: --limit takes a number up to ${MAX_LISTED}`)
  },
}

const suppressionAdd: CliCommand = {
  name: 'suppression add',
  summary: 'Stops mail of users to an address elsewhere',
  arguments: ['ADDRESS'],
  options: {
    note: { value: 'TEXT', text: 'why; users who write there are told' },
    for: { value: 'TIME', text: 'for so long: 12h, 30d; else for good' },
  },
  details: 'What waits in the queue is not touched: "mailstead queue drop" or "bounce" takes it out.',
  examples: [
    'mailstead suppression add bob@example.net --note "asked not to be written to"',
    'mailstead suppression add bob@example.net --for 30d',
  ],

  async run(shell, args) {
    const time = args.text('for')
    const ms = time === undefined ? undefined : milliseconds(time)
    const { suppressions, accounts } = await shell.admin()
    const address = keyOf(args.at(0))
    await refuseOwn(accounts, address)
    await suppressions.add(address, args.text('note') ?? '', ms)
    shell.result({ address }, `Mail to ${address} is stopped`)
  },
}

const suppressionRemove: CliCommand = {
  name: 'suppression remove',
  summary: 'Lets users write to an address again, and forgets what was counted of it',
  arguments: ['ADDRESS'],
  examples: ['mailstead suppression remove bob@example.net'],

  async run(shell, args) {
    const { suppressions } = await shell.admin()
    const address = keyOf(args.at(0))
    if (!(await suppressions.remove(address))) throw new CommandError(`nothing is known of ${address}`)
    shell.result({ removed: address }, `Mail to ${address} is taken again`)
  },
}

function keyOf(text: string): string {
  const parts = parseAddress(bare(text))
  if (parts === undefined) throw new UsageError(`${JSON.stringify(text)} is not an address`)
  return suppressionKey(formatAddress(parts), parts.domain)
}

async function refuseOwn(accounts: AdminContext['accounts'], address: string): Promise<void> {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const own = (await accounts.listDomains()).some(({ name }) => name === domain)
  if (own) throw new CommandError(`${domain} is a domain of this server, and this is for others`)
}

function asJson({ address, failed, entered, stopped }: Suppressed): object {
  return {
    address,
    suppressed: stopped !== undefined,
    by: stopped?.kind ?? null,
    until: stopped?.until ?? null,
    failures: failed?.messages ?? 0,
    firstAt: failed?.firstAt ?? null,
    lastAt: failed?.lastAt ?? null,
    last: failed?.diagnosis ?? null,
    enteredAt: entered?.at ?? null,
    note: entered?.note ?? null,
  }
}

function table(listed: readonly Suppressed[]): string {
  const rows = listed.map(({ address, failed, entered, stopped }) => {
    const until = stopped === undefined ? 'not yet' : stopped.until === undefined ? 'for good' : when(stopped.until)
    const why = stopped?.kind === 'entered' ? (entered?.note ?? '') : (failed?.diagnosis.text ?? '')
    return [address, until, `${failed?.messages ?? 0}`, failed === undefined ? '' : when(failed.lastAt), why].map(printable)
  })
  return columns(['ADDRESS', 'UNTIL', 'FAILED', 'LAST', 'WHY'], rows)
}

export const suppressionCommands = [suppressionList, suppressionAdd, suppressionRemove]
