import type { QueueId, TraceQuery, Traced } from '@mailstead/store'
import type { AdminContext } from '@mailstead/server'
import { wholeNumber } from '../args.ts'
import type { CliCommand } from '../command.ts'
import { CommandError } from '../errors.ts'
import { MAX_LISTED, TRACE_LISTED } from '../limits.ts'
import { bare, milliseconds } from '../queue-filter.ts'
import { storyTeller, type Story } from '../story.ts'

const trace: CliCommand = {
  name: 'trace',
  summary: 'Tells what became of messages: received, checked, filed, sent, each attempt in the words of the other server',
  arguments: ['[ADDRESS|MESSAGE-ID|QUEUE-ID]'],
  options: {
    since: { value: 'TIME', text: 'received in this time: 90m, 12h, 3d' },
    limit: { value: 'NUMBER', text: `how many messages at most (${TRACE_LISTED}), the last ones` },
  },
  details:
    'An address is that of the sender or of a recipient; the ENVID that a program gave to its mail is found too. Without any of the three it tells of all messages. Traces are kept for 30 days.',
  examples: ['mailstead trace bob@example.net', 'mailstead trace "<20260301.1@example.org>"', 'mailstead trace 0MPB8T1O0Q1TW3Z7'],

  async run(shell, args) {
    const limit = wholeNumber(args, 'limit', 1, MAX_LISTED) ?? TRACE_LISTED
    const since = args.text('since')
    const age: TraceQuery = since === undefined ? {} : { since: Date.now() - milliseconds(since) }
    const { intake, accounts } = await shell.admin()
    const messages = await find(intake, bare(args.at(0)), age, limit)
    if (messages.length === 0) throw new CommandError(args.at(0) === '' ? 'no message is known' : `no message is known of ${args.at(0)}`)
    const tell = storyTeller({ intake, accounts })
    const stories: Story[] = []
    for (const message of messages.toReversed()) stories.push(await tell(message))
    shell.result(
      stories.map(({ json }) => json),
      stories.map(({ text }) => text).join('\n\n'),
    )
    if (messages.length === limit) shell.note(`There may be more: --limit takes a number up to ${MAX_LISTED}`)
  },
}

/** What looks like a queue id may be a Message-ID all the same. */
async function find(intake: AdminContext['intake'], about: string, age: TraceQuery, limit: number): Promise<readonly Traced[]> {
  if (about === '') return intake.traced(age, limit)
  const named = /^[0-9A-Za-z]{16,32}$/.test(about) ? await intake.traced({ queueId: about.toUpperCase() as QueueId }, 1) : []
  return named.length > 0 ? named : intake.traced({ about, ...age }, limit)
}

export const traceCommands = [trace]
