import type { Logger } from '@mailstead/base'

export interface LoggedEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  /** Those of the parents and of the line together. */
  readonly fields: Readonly<Record<string, unknown>>
}

export interface CollectLogger extends Logger {
  /** Oldest first; children write here too. */
  readonly events: readonly LoggedEvent[]
}

/** A logger whose lines a test can look at. */
export function collectLogger(): CollectLogger {
  const events: LoggedEvent[] = []
  const make = (bound: object): Logger => {
    const at =
      (level: LoggedEvent['level']) =>
      (event: string, fields: object = {}): void => {
        events.push({ level, event, fields: { ...bound, ...fields } })
      }
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (fields) => make({ ...bound, ...fields }) }
  }
  return { ...make({}), events }
}
