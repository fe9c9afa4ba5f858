import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { createLogger, openLogFile, standardError, type LogLevel, type Logger } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { makeFolder } from './data-dir.ts'
import { StartError } from './errors.ts'

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const satisfies readonly LogLevel[]

/** The log as the configuration wants it. Rejects with `StartError` when its file cannot be written. */
export async function openLog({ level, format, file }: Config['log']): Promise<Logger> {
  if (file !== undefined) await tryToAppend(file)
  if (format === 'json') return createLogger(level, file)
  const stream = file === undefined ? standardError() : openLogFile(file)
  return readableLogger(level, (line) => stream.write(line))
}

/** Both kinds of log would only fail at their first line, and with a stack. */
async function tryToAppend(file: string): Promise<void> {
  try {
    await makeFolder(dirname(resolve(file)))
    const handle = await open(file, 'a')
    await handle.close()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new StartError('log-file', `${file} cannot be written (${code}): choose another log.file`, { cause: error })
  }
}

/** One line an event for eyes: `14:05:09.123 info  accepted queueId=… size=5120`. Stacks follow on lines of their own. */
export function readableLogger(level: LogLevel, write: (line: string) => unknown, bound: object = {}): Logger {
  const least = LEVELS.indexOf(level)
  const at =
    (name: LogLevel) =>
    (event: string, fields: object = {}): void => {
      if (LEVELS.indexOf(name) >= least) write(format(name, event, { ...bound, ...fields }))
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => readableLogger(level, write, { ...bound, ...fields }),
  }
}

function format(level: LogLevel, event: string, fields: object): string {
  const time = new Date().toISOString().slice(11, 23)
  const words = [time, level.padEnd(5), event]
  const stacks: string[] = []
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (value instanceof Error) {
      words.push(`${key}=${JSON.stringify(value.message)}`)
      stacks.push(`${value.stack ?? ''}\n`)
    } else if (typeof value === 'string' && value.includes('\n')) stacks.push(`  ${key}: ${value.replaceAll('\n', '\n  ')}\n`)
    else words.push(`${key}=${typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`)
  }
  return `${words.join(' ')}\n${stacks.join('')}`
}
