import type { Config } from '@mailstead/config'
import type { MailServer, ServerOptions } from '@mailstead/server'

/** ms from the first signal to the end, whatever hangs. */
const LAST_MOMENT = 9_500

/**
 * Runs a server until a signal or an error ends it, and gives the exit code. `ready` runs once every port is open;
 * when it rejects, the server stops and the error is passed on.
 */
export async function runServer(
  config: Config,
  options: ServerOptions,
  ready: (server: MailServer) => Promise<void> | void,
): Promise<number> {
  const { compose } = await import('@mailstead/server')
  // From here on, so that a signal during the start is not lost and ends the start in good order.
  const ending = Promise.withResolvers<void>()
  const end = (): void => ending.resolve()
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  const server = await compose(config, options)
  process.on('SIGHUP', () => void server.reload())
  try {
    await server.start()
    await Promise.race([Promise.resolve(ready(server)).then(() => ending.promise), ending.promise])
    return 0
  } finally {
    setTimeout(() => {
      console.error('mailstead: not everything ended in time; what was answered is kept')
      process.exit(1)
    }, LAST_MOMENT).unref()
    await server.stop()
  }
}
