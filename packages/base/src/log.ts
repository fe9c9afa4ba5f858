import { pino, type Logger as PinoLogger } from 'pino'
import { openLogFile, standardError } from './log-file.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/**
 * One JSON line per event: a fixed event text and fields for values. `session` and `queueId` stand on every
 * line that has them, so one id follows a message. Never message content, never passwords.
 */
export interface Logger {
  debug(event: string, fields?: object): void
  info(event: string, fields?: object): void
  warn(event: string, fields?: object): void
  error(event: string, fields?: object): void
  child(fields: object): Logger
}

/** Writes to standard error, or to `path`, which must be one that can be opened. */
export function createLogger(level: LogLevel, path?: string): Logger {
  const target = path === undefined ? standardError() : openLogFile(path)
  return wrap(
    pino(
      { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, formatters: { level: (label) => ({ level: label }) } },
      target,
    ),
  )
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}

function wrap(inner: PinoLogger): Logger {
  return {
    debug: (event, fields = {}) => inner.debug(fields, event),
    info: (event, fields = {}) => inner.info(fields, event),
    warn: (event, fields = {}) => inner.warn(fields, event),
    error: (event, fields = {}) => inner.error(fields, event),
    child: (fields) => wrap(inner.child(fields)),
  }
}
