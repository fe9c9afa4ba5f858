import { argumentsOf, transaction, type CommandContext, type Result } from '../command.ts'
import type { Maildrop } from '../maildrop.ts'
import type { Transaction } from '../session.ts'
import { presentMessage } from './message.ts'

type Context = CommandContext<Transaction>

const stat = transaction('STAT', ({ session: { maildrop } }, argument) => {
  argumentsOf(argument, 0, 0, 'STAT')
  return { text: () => `${maildrop.count} ${maildrop.octets}` }
})

/** One message, or all that are not marked. */
async function listing(
  context: Context,
  argument: string,
  form: string,
  of: (maildrop: Maildrop, number: number) => string,
): Promise<Result> {
  const { maildrop } = context.session
  const [word] = argumentsOf(argument, 0, 1, form)
  if (word !== undefined) {
    const number = presentMessage(maildrop, word)
    return { text: () => `${number} ${of(maildrop, number)}` }
  }
  await context.respond.listing((texts) => texts.summary(maildrop.count, maildrop.octets), lines(maildrop, of))
  return {}
}

function* lines(maildrop: Maildrop, of: (maildrop: Maildrop, number: number) => string): Generator<string> {
  for (let number = 1; number <= maildrop.last; number++) {
    if (maildrop.state(number) === 'there') yield `${number} ${of(maildrop, number)}`
  }
}

const list = transaction('LIST', (context, argument) =>
  listing(context, argument, 'LIST [message]', (maildrop, number) => `${maildrop.size(number)}`),
)

const uidl = transaction('UIDL', (context, argument) =>
  listing(context, argument, 'UIDL [message]', (maildrop, number) => maildrop.uidl(number)),
)

export const listingCommands = [stat, list, uidl]
