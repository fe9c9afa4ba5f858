import { setTimeout as sleep } from 'node:timers/promises'
import type { AdminContext, ServerFacts } from '@mailstead/server'
import type { QueueId, TraceEvent } from '@mailstead/store'
import { addressOf } from '../account-format.ts'
import type { CliCommand } from '../command.ts'
import { CommandError } from '../errors.ts'
import { TEST_PATIENCE } from '../limits.ts'
import { localAddress } from '../local-address.ts'

const sendTest: CliCommand = {
  name: 'send-test',
  summary: 'Sends a message to an account of the running server, as another server would, and waits until it is there',
  arguments: ['[ADDRESS]'],
  details: 'Without an address the first account gets it.',
  examples: ['mailstead send-test ann@example.org'],

  async run(shell, args) {
    const admin = await shell.admin()
    const facts = await admin.server.facts()
    if (facts === undefined) throw new CommandError('the server is not running: start it with "mailstead serve"')
    const to = args.at(0) === '' ? await firstAccount(admin) : args.at(0)
    const start = performance.now()
    const reply = await send(facts, to)
    const delivered = await waitForDelivery(admin, reply)
    const milliseconds = Math.round(performance.now() - start)
    shell.result(
      { to, queueId: delivered.queueId, reply, milliseconds },
      `The message for ${to} was taken and delivered in ${milliseconds} ms (queue id ${delivered.queueId}): ${reply}`,
    )
  },
}

async function firstAccount({ accounts }: AdminContext): Promise<string> {
  const [first] = await accounts.list()
  if (first === undefined) throw new CommandError('there is no account to send to: make one with "mailstead account add"')
  return addressOf(first)
}

/** The server's reply to the message. */
async function send({ listeners, hostName }: ServerFacts, to: string): Promise<string> {
  const mx = listeners.find(({ role }) => role === 'mx')
  if (mx === undefined) throw new CommandError('the server takes no mail: its port "mx" is turned off')
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({ host: localAddress(mx.host), port: mx.port, secure: false, ignoreTLS: true })
  const text = `This message was sent by "mailstead send-test" and says that mail to ${to} arrives.\n`
  try {
    const { response } = await transport.sendMail({ from: `postmaster@${hostName}`, to, subject: 'Mailstead test message', text })
    return response
  } catch (error) {
    const { response, message } = error as { response?: string; message: string }
    throw new CommandError(`the server refused the message: ${response ?? message}`, { cause: error })
  } finally {
    transport.close()
  }
}

/** The trace of the queue id in the reply says where the message went. */
async function waitForDelivery({ intake }: AdminContext, reply: string): Promise<TraceEvent> {
  const words = reply.match(/[A-Za-z0-9]{8,}/g) ?? []
  for (const end = Date.now() + TEST_PATIENCE; Date.now() < end; await sleep(50)) {
    for (const word of words) {
      const events = await intake.trace(word as QueueId)
      const failed = events.find(({ event }) => event === 'failed')
      if (failed !== undefined) throw new CommandError(`the message was taken, but not delivered: ${failed.detail}`)
      const delivered = events.find(({ event }) => event === 'delivered')
      if (delivered !== undefined) return delivered
    }
  }
  throw new CommandError(`the message was taken (${reply}), but not delivered within ${TEST_PATIENCE / 1000} seconds`)
}

export const sendTestCommands = [sendTest]
