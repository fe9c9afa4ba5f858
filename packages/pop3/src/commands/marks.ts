import { argumentsOf, transaction } from '../command.ts'
import { presentMessage } from './message.ts'

const dele = transaction('DELE', ({ session: { maildrop } }, argument) => {
  const [word = ''] = argumentsOf(argument, 1, 1, 'DELE message')
  const number = presentMessage(maildrop, word)
  maildrop.mark(number)
  return { text: (texts) => texts.marked(number) }
})

const rset = transaction('RSET', ({ session: { maildrop } }, argument) => {
  argumentsOf(argument, 0, 0, 'RSET')
  maildrop.unmarkAll()
  return { text: (texts) => texts.summary(maildrop.count, maildrop.octets) }
})

const noop = transaction('NOOP', (_, argument) => {
  argumentsOf(argument, 0, 0, 'NOOP')
  return { text: () => '' }
})

export const markCommands = [dele, rset, noop]
