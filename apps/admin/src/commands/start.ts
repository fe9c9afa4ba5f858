import type { MailServer } from '@mailstead/server'
import { serveOverrides, SERVE_OPTIONS } from './serve.ts'
import { wholeNumber } from '../args.ts'
import type { Arguments } from '../arguments.ts'
import type { CliCommand } from '../command.ts'
import { CommandError } from '../errors.ts'
import { fill } from '../demo/fill.ts'
import { addressOf } from '../account-format.ts'
import { count } from '../format.ts'
import { firstRun, type NewUser } from '../first-run.ts'
import { localAddress } from '../local-address.ts'
import { runServer } from '../run-server.ts'
import type { Shell } from '../shell.ts'
import { instructions } from '../instructions.ts'

/** What `start` and `demo` take when nothing else is said: high ports of this machine, a log for eyes. */
const TRIAL_DEFAULTS = { port_base: 10_000, host_name: 'localhost', 'log.format': 'text' } as const

const start: CliCommand = {
  name: 'start',
  summary: 'Runs a server on this machine for trying out; its first run makes a domain and two accounts',
  options: SERVE_OPTIONS,
  details:
    'This is what `npm start` runs: `serve` with port base 10000. The first run on an empty data folder makes the domain example.test with two ' +
    'accounts, prints their passwords once, and puts a welcome message into each.',
  examples: ['npm start', 'npm start -- --port-base 20000', 'mailstead start --data /tmp/trial'],

  async run(shell, args) {
    return startTrial(shell, args, async () => undefined)
  },
}

const demo: CliCommand = {
  name: 'demo',
  summary: 'Fills a server with mail in many scripts, for trying out mail programs',
  options: { messages: { value: 'N', text: 'how many messages; 1000 when nothing is said' }, ...SERVE_OPTIONS },
  details:
    'When a server runs on the data folder it is filled, and the command ends. Otherwise one is started as `start` does, filled, and goes on. ' +
    'The messages come in by port 25 (plus port base), as from other servers, spread over all accounts.',
  examples: ['npm run demo -- --messages 1000', 'mailstead demo --messages 50 --data ./data'],

  async run(shell, args) {
    const messages = wholeNumber(args, 'messages', 1, 1_000_000) ?? 1000
    if (await shell.serverRuns()) return fillRunning(shell, messages)
    return startTrial(shell, args, (server) => fillServer(shell, server.facts().listeners, server.admin, messages))
  },
}

export const startCommands = [start, demo]

async function startTrial(shell: Shell, args: Arguments, afterwards: (server: MailServer) => Promise<void>): Promise<number> {
  const { config } = shell.config(serveOverrides(args), TRIAL_DEFAULTS)
  return runServer(config, { wireDir: args.text('wire') }, async (server) => {
    const created = await firstRun(server)
    await announce(shell, server, created)
    await afterwards(server)
  })
}

async function announce(shell: Shell, server: MailServer, created: readonly NewUser[]): Promise<void> {
  const users =
    created.length > 0
      ? created
      : (await server.admin.accounts.list()).map((account) => ({ address: addressOf(account), password: undefined }))
  const facts = server.facts()
  shell.result({ ready: true, dataDir: server.dir, users, ...facts }, instructions(facts, server.dir, users))
}

type Parts = MailServer['admin']
type Listeners = ReturnType<MailServer['facts']>['listeners']

async function fillRunning(shell: Shell, messages: number): Promise<number> {
  const admin = await shell.admin()
  await fillServer(shell, (await admin.server.facts())?.listeners ?? [], admin, messages)
  return 0
}

async function fillServer(shell: Shell, listeners: Listeners, { accounts }: Pick<Parts, 'accounts'>, messages: number): Promise<void> {
  const mx = listeners.find(({ role }) => role === 'mx')
  const recipients = (await accounts.list()).filter(({ enabled }) => enabled).map(addressOf)
  if (mx === undefined || recipients.length === 0)
    throw new CommandError('there is no port for incoming mail or no account: nothing can be filled')
  const begun = performance.now()
  const progress = (sent: number): void => shell.note(`${sent} of ${messages} messages sent`)
  await fill({ host: localAddress(mx.host), port: mx.port, messages, recipients, progress })
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  shell.result(
    { messages, recipients: recipients.length, seconds },
    `${messages} messages for ${count(recipients.length, 'account')} sent in ${seconds} s`,
  )
}
