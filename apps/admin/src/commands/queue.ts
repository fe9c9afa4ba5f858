import { formatSize } from '@mailstead/base'
import type { QueueListing } from '@mailstead/store'
import { wholeNumber } from '../args.ts'
import type { CliCommand } from '../command.ts'
import { CommandError } from '../errors.ts'
import { columns, printable, when } from '../format.ts'
import { MAX_LISTED, QUEUE_LISTED } from '../limits.ts'
import { FILTER_OPTIONS, filterOf } from '../queue-filter.ts'
import { storyTeller } from '../story.ts'
import { queueActCommands } from './queue-acts.ts'

const queueList: CliCommand = {
  name: 'queue list',
  summary: 'Lists recipients whose mail waits: to leave, or for its time',
  options: { ...FILTER_OPTIONS, limit: { value: 'NUMBER', text: `how many at most (${QUEUE_LISTED})` } },
  details:
    'NO is the number of the recipient, which the other commands take in the place of a queue id. What is due and is not sent waits for others of its account or for room, for servers that could not be reached a moment ago ("queue retry" tries them at once), or for those who fetch it.',
  examples: [
    'mailstead queue list',
    'mailstead queue list --domain example.net --older-than 4h',
    'mailstead queue list --reason greylisted',
  ],

  async run(shell, args) {
    const limit = wholeNumber(args, 'limit', 1, MAX_LISTED) ?? QUEUE_LISTED
    const filter = filterOf(args, '', Date.now())
    const { queue } = await shell.admin()
    const found = await queue.list(filter, undefined, limit + 1)
    const listed = found.slice(0, limit)
    shell.result(listed.map(asJson), listed.length === 0 ? 'Nothing waits' : table(listed, Date.now()))
    if (found.length > limit) shell.note(`There is more: --limit takes a number up to ${MAX_LISTED}`)
  },
}

const queueShow: CliCommand = {
  name: 'queue show',
  summary: 'Shows what waits of a message, and what became of it so far',
  arguments: ['QUEUE-ID|NO'],
  examples: ['mailstead queue show 0MPB8T1O0Q1TW3Z7', 'mailstead queue show 4711'],

  async run(shell, args) {
    const { queue, intake, accounts } = await shell.admin()
    const listed = await queue.list(filterOf(args, args.at(0), Date.now()), undefined, MAX_LISTED)
    const [first] = listed
    if (first === undefined) throw new CommandError(`nothing waits of ${args.at(0)}; "mailstead trace" tells what became of a message`)
    const [message] = await intake.traced({ queueId: first.queueId }, 1)
    const story = message === undefined ? undefined : await storyTeller({ intake, accounts })(message)
    shell.result(
      { waiting: listed.map(asJson), message: story?.json ?? null },
      [...listed.map((entry) => describe(entry, Date.now())), ...(story === undefined ? [] : [story.text])].join('\n\n'),
    )
  },
}

function asJson({ id, queueId, lane, mailFrom, recipient, state, size, queuedAt, dueAt, attempts, last }: QueueListing): object {
  const { account, domain } = lane
  return {
    id,
    queueId,
    account: account ?? null,
    sender: mailFrom,
    recipient,
    domain,
    state,
    size,
    queuedAt,
    dueAt: state === 'held' ? null : dueAt,
    attempts,
    last: last ?? null,
  }
}

function table(listed: readonly QueueListing[], now: number): string {
  const rows = listed.map((entry) => {
    const { id, queueId, mailFrom, recipient, queuedAt } = entry
    return [`${id}`, queueId, `<${mailFrom}>`, recipient, when(queuedAt), nextOf(entry, now), saidLast(entry)].map(printable)
  })
  return columns(['NO', 'MESSAGE', 'FROM', 'TO', 'SINCE', 'NEXT', 'LAST'], rows)
}

function describe(entry: QueueListing, now: number): string {
  const { id, recipient, mailFrom, queuedAt, size, attempts } = entry
  const rows = [
    ['recipient', `${recipient} (${id})`],
    ['sender', `<${mailFrom}>`],
    ['size', formatSize(size)],
    ['since', when(queuedAt)],
    ['attempts', `${attempts}`],
    ['next', nextOf(entry, now)],
    ...(attempts === 0 ? [] : [['last', saidLast(entry)]]),
  ]
  return columns(
    ['', ''],
    rows.map((row) => row.map(printable)),
  ).trimStart()
}

function nextOf({ state, dueAt }: QueueListing, now: number): string {
  if (state === 'held') return 'held'
  if (state === 'scheduled') return `scheduled for ${when(dueAt)}`
  if (state === 'active') return 'being sent'
  return dueAt <= now ? 'due' : when(dueAt)
}

function saidLast({ last }: QueueListing): string {
  if (last === undefined) return ''
  return last.peer === undefined ? last.text : `${last.peer}: ${last.text}`
}

export const queueCommands = [queueList, queueShow, ...queueActCommands]
