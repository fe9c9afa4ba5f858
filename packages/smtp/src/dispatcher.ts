import { parseCommandLine } from '@mailstead/wire'
import type { WireUser } from './adapter/wire.ts'
import { isFor } from './commands/command.ts'
import { COMMANDS } from './commands/table.ts'
import { MAX_COMMAND } from './limits.ts'
import { say, type SmtpReply, toReply } from './replies.ts'
import type { Session } from './session.ts'

/** What brings a message nearer, or the end. */
const TO_THE_POINT = new Set(['MAIL', 'RCPT', 'DATA', 'BDAT', 'QUIT'])

/** What is answered for a message rather than for a command. */
const MESSAGE = new Set(['DATA', 'BDAT'])

/** Takes one client's lines to their commands, counts and logs what is refused. */
export class Dispatcher implements WireUser {
  readonly #session: Session
  #errors = 0
  #refusedRecipients = 0
  /** Commands that brought no message nearer, since the last one. */
  #useless = 0
  #verb = ''

  constructor(session: Session) {
    this.#session = session
  }

  beforeGreeting(): Promise<void> | undefined {
    return this.#session.visit?.connected()
  }

  spokeEarly(octets: number): void {
    this.#session.log.warn('client talks before the greeting', { octets })
    this.#session.visit?.spokeEarly()
  }

  get idle(): boolean {
    return this.#session.transaction === undefined
  }

  async command(line: Uint8Array): Promise<SmtpReply | undefined> {
    try {
      const answer = await this.#run(line)
      return this.#session.context.draining && this.idle && answer?.code !== 221 ? this.#lastWords(answer) : answer
    } catch (error) {
      const { reply, bug } = toReply(error)
      if (bug) this.#session.log.error('command failed', { verb: this.#verb, err: error })
      return reply
    }
  }

  async #run(line: Uint8Array): Promise<SmtpReply | undefined> {
    this.#verb = ''
    if (line.length > MAX_COMMAND && !/^auth /i.test(Buffer.from(line.subarray(0, 5)).toString('latin1'))) return say('line-too-long')
    const { verb, argument } = parseCommandLine(line)
    this.#verb = verb
    const command = COMMANDS.get(verb)
    if (command === undefined) return say('unrecognized')
    const { role } = this.#session.context
    // RFC 2645 section 5.4: what is no command of this port.
    if (!isFor(command, role)) return say(role === 'odmr' ? 'not-implemented' : 'unrecognized')
    if (argument !== '' && command.argument === 'none') return say('no-argument-allowed')
    if (!TO_THE_POINT.has(verb) && ++this.#useless > this.#session.context.limits.useless) return say('too-much-ado')
    return command.run(this.#session, argument)
  }

  /** The answer is said before the goodbye. */
  #lastWords(answer: SmtpReply | undefined): SmtpReply {
    if (answer !== undefined) this.#session.wire.reply(answer)
    return say('shutting-down')
  }

  /** Counts what was refused and logs why; too much of it ends the connection. */
  beforeReply(reply: SmtpReply): SmtpReply {
    if (reply.code === 250 && (this.#verb === 'DATA' || this.#verb === 'BDAT')) this.#useless = 0
    if (reply.code < 400) return reply
    const { errors, refusedRecipients } = this.#session.context.limits
    this.#session.log.info('refused', { verb: this.#verb, reply: `${reply.code} ${reply.enhanced ?? ''} ${reply.lines.join(' ')}` })
    if (reply.code < 500) return reply
    if (this.#verb === 'RCPT') return ++this.#refusedRecipients > refusedRecipients ? this.#enough() : reply
    // A refused message says nothing of who brings it: forwarders bring what they get.
    const often = MESSAGE.has(this.#verb) ? undefined : this.#session.meter.failed()
    return often ?? (++this.#errors > errors ? this.#enough() : reply)
  }

  #enough(): SmtpReply {
    this.#session.log.warn('too many errors', { errors: this.#errors, refusedRecipients: this.#refusedRecipients })
    return say('too-many-errors')
  }

  closed(): void {
    this.#session.reset()
    this.#session.log.info('disconnected')
  }
}
