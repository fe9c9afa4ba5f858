import { VERSION } from '@mailstead/base'
import { findCommand, parseArguments } from './args.ts'
import { UsageError, judge } from './errors.ts'
import { commandHelp, overview } from './help.ts'
import { Shell, type Surroundings } from './shell.ts'
import { commands, groups } from './table.ts'

/** Runs one command line and gives its exit code: 0 done, 1 failed, 2 wrong usage. Never rejects. */
export async function main(argv: readonly string[], around: Surroundings = ofProcess()): Promise<number> {
  try {
    return await dispatch(argv, around)
  } catch (error) {
    return report(error, argv.includes('--json'), around)
  }
}

async function dispatch(argv: readonly string[], around: Surroundings): Promise<number> {
  const [first] = argv
  if (first === '--version' || first === 'version') return print(VERSION, around)
  if (first === 'help' && argv.length > 1) return print(commandHelp(findCommand(commands, argv.slice(1)).command), around)
  if (first === 'help' || first === '--help' || first === '-h') return print(overview(groups), around)
  if (first === undefined) throw new UsageError(overview(groups))
  const { command, rest } = findCommand(commands, argv)
  const args = parseArguments(command, rest)
  if (args.flag('help')) return print(commandHelp(command), around)
  const shell = new Shell(args, around)
  try {
    return (await command.run(shell, args)) ?? 0
  } finally {
    await shell.close()
  }
}

function print(text: string, around: Surroundings): number {
  around.stdout.write(`${text}\n`)
  return 0
}

function report(error: unknown, json: boolean, around: Surroundings): number {
  const { exitCode, code, message, stack } = judge(error)
  if (json) around.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`)
  else if (message.startsWith('usage: ')) around.stderr.write(`${message}\n`)
  else around.stderr.write(message.replaceAll(/^/gm, 'mailstead: ') + '\n')
  if (stack !== undefined) around.stderr.write(`${stack}\n`)
  return exitCode
}

function ofProcess(): Surroundings {
  // A reader that has seen enough (`| head`) is no fault.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
      throw error
    })
  }
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, environment: process.env }
}
