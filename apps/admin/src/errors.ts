import { ConfigError } from '@mailstead/config'

/** The command line cannot be meant: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The command could not do its work, and the message says why: exit code 1. */
export class CommandError extends Error {
  override name = 'CommandError'
}

/** How an error ends the command. */
export interface Verdict {
  readonly exitCode: 1 | 2
  readonly code: string
  /** For people: one line, or one for each fault. */
  readonly message: string
  /** Set when nobody foresaw it. */
  readonly stack: string | undefined
}

/** The one place where an exception becomes an exit code. An error with a `code` was made for people to read. */
export function judge(error: unknown): Verdict {
  if (error instanceof UsageError) return { exitCode: 2, code: 'usage', message: error.message, stack: undefined }
  if (error instanceof ConfigError) return { exitCode: 1, code: 'config', message: error.message, stack: undefined }
  if (!(error instanceof Error)) return { exitCode: 1, code: 'unforeseen', message: String(error), stack: undefined }
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && !code.startsWith('ERR_')) return { exitCode: 1, code, message: error.message, stack: undefined }
  if (error.name === 'CommandError') return { exitCode: 1, code: 'failed', message: error.message, stack: undefined }
  return { exitCode: 1, code: 'unforeseen', message: error.message, stack: error.stack }
}
