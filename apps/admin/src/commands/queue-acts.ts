import { parseAddress } from '@mailstead/accounts'
import type { Diagnosis, QueueAct, QueueFilter } from '@mailstead/store'
import type { Arguments } from '../arguments.ts'
import type { CliCommand, OptionSpec } from '../command.ts'
import { CommandError, UsageError } from '../errors.ts'
import { count } from '../format.ts'
import { MAX_LISTED } from '../limits.ts'
import { bare, FILTER_OPTIONS, filterOf } from '../queue-filter.ts'
import type { Shell } from '../shell.ts'

const OPTIONS: Readonly<Record<string, OptionSpec>> = { ...FILTER_OPTIONS, all: { text: 'all that waits' } }
const ASKING: Readonly<Record<string, OptionSpec>> = { ...OPTIONS, yes: { text: 'does not ask' } }

/** Nothing is meant by accident: a message, a filter or `--all` is needed. */
function chosen(args: Arguments, id: string): QueueFilter {
  const filter = filterOf(args, id, Date.now())
  if (Object.keys(filter).length === 0 && !args.flag('all')) {
    throw new UsageError('whose? Name a message, a recipient by number, options that choose, or --all')
  }
  return filter
}

async function act(shell: Shell, filter: QueueFilter, wanted: QueueAct, done: string): Promise<void> {
  const { queue } = await shell.admin()
  const recipients = await queue.act(filter, wanted)
  const named = filter.queueId !== undefined || filter.entry !== undefined
  if (named && recipients === 0)
    throw new CommandError('nothing was done: nothing of it waits like that, or it is being sent at this moment')
  shell.result({ recipients }, `${count(recipients, 'recipient')} ${done}`)
}

/** Whether to go on with what cannot be taken back. */
async function agreed(shell: Shell, filter: QueueFilter, question: string): Promise<boolean> {
  const { queue } = await shell.admin()
  const found = await queue.list(filter, undefined, MAX_LISTED)
  const many = found.length < MAX_LISTED ? count(found.length, 'recipient') : `${found.length} recipients or more`
  return shell.agreed(`${question} ${many}?`)
}

function simple(kind: 'retry' | 'hold', summary: string, done: string, details?: string): CliCommand {
  return {
    name: `queue ${kind}`,
    summary,
    arguments: ['[QUEUE-ID|NO]'],
    options: OPTIONS,
    ...(details === undefined ? {} : { details }),
    examples: [`mailstead queue ${kind} 0MPB8T1O0Q1TW3Z7`, `mailstead queue ${kind} --domain example.net`],
    run: async (shell, args) => act(shell, chosen(args, args.at(0)), { kind }, done),
  }
}

const retry = simple(
  'retry',
  'Tries again at once what waits and is not held',
  'tried again',
  'Its time to live is what it was. What its sender has scheduled for later stays scheduled.',
)
const hold = simple(
  'hold',
  'Keeps mail from being sent until it is released',
  'held',
  'What is being sent at this moment is held once that attempt has failed.',
)

const release: CliCommand = {
  name: 'queue release',
  summary: 'Lets held mail go, and scheduled mail before its time',
  arguments: ['[QUEUE-ID|NO]'],
  options: OPTIONS,
  details:
    'What its sender has scheduled for later is sent at once only where it is named, by message, by number or by --state scheduled. To cancel it, drop it.',
  examples: ['mailstead queue release 0MPB8T1O0Q1TW3Z7', 'mailstead queue release --domain example.net'],

  async run(shell, args) {
    const filter = chosen(args, args.at(0))
    const early = filter.queueId !== undefined || filter.entry !== undefined || filter.state === 'scheduled'
    return act(shell, filter, { kind: 'release', early }, 'released')
  },
}

const drop: CliCommand = {
  name: 'queue drop',
  summary: 'Takes recipients out of the queue; nobody is told',
  arguments: ['[QUEUE-ID|NO]'],
  options: ASKING,
  examples: ['mailstead queue drop 4711 --yes', 'mailstead queue drop --sender spammer@example.org --yes'],

  async run(shell, args) {
    const filter = chosen(args, args.at(0))
    if (!(await agreed(shell, filter, 'Drop the mail to'))) return 1
    await act(shell, filter, { kind: 'drop' }, 'dropped')
    return 0
  },
}

const bounce: CliCommand = {
  name: 'queue bounce',
  summary: 'Gives mail up and tells its senders',
  arguments: ['[QUEUE-ID|NO]'],
  options: { ...ASKING, text: { value: 'TEXT', text: 'what the report says' } },
  details: 'Senders who asked not to be told of failures, and reports, which have no sender, are told nothing.',
  examples: ['mailstead queue bounce --domain exmaple.net --text "the domain is misspelt" --yes'],

  async run(shell, args) {
    const filter = chosen(args, args.at(0))
    // RFC 3463 section 3.8: a policy of ours, not a peer's answer.
    const diagnosis: Diagnosis = { status: '5.7.0', text: args.text('text') ?? 'The administrator gave the message up' }
    if (!(await agreed(shell, filter, 'Return the mail to'))) return 1
    await act(shell, filter, { kind: 'bounce', diagnosis }, 'given up')
    return 0
  },
}

const redirect: CliCommand = {
  name: 'queue redirect',
  summary: 'Sends what waits to another address',
  arguments: ['ADDRESS', '[QUEUE-ID|NO]'],
  options: OPTIONS,
  details: 'Reports to the sender still name the address that the mail was sent to first.',
  examples: ['mailstead queue redirect bob@example.com --recipient bob@exmaple.com', 'mailstead queue redirect bob@example.com 4711'],

  async run(shell, args) {
    const recipient = bare(args.at(0))
    const domain = parseAddress(recipient)?.domain
    if (domain === undefined) throw new UsageError(`${JSON.stringify(args.at(0))} is not an address`)
    return act(shell, chosen(args, args.at(1)), { kind: 'redirect', recipient, domain }, `redirected to ${recipient}`)
  },
}

export const queueActCommands = [retry, hold, release, drop, bounce, redirect]
