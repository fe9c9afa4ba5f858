import { reply, say } from '../replies.ts'
import { type Command, isFor } from './command.ts'

/** RFC 5321 section 4.1.1.8: what commands there are, or how one is written. `others`: all commands but this one. */
export function helpFor(others: readonly Command[]): Command {
  const help: Command = {
    verb: 'HELP',
    syntax: 'HELP [command]',
    argument: 'any',
    run({ context: { role } }, argument) {
      const commands = [...others, help].filter((command) => command.syntax !== undefined && isFor(command, role))
      if (argument === '')
        return reply(214, '2.0.0', commands.map(({ verb }) => verb).join(' '), 'HELP and a command tells how it is written')
      const syntax = commands.find(({ verb }) => verb === argument.toUpperCase())?.syntax
      return syntax === undefined ? say('no-help') : reply(214, '2.0.0', syntax)
    },
  }
  return help
}
