import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { silentLogger, type Logger } from '@mailstead/base'
import { MAX_TAP_BUFFER } from './limits.ts'
import type { SessionTap, WireTap } from './service.ts'

/**
 * Writes each session to a file of its own in `dir`, `imap-k3f9x-1.txt`, as the `C:` and `S:` lines that the tests'
 * player reads. Makes the folder; throws when it cannot. A disk in trouble costs the transcript, never the session.
 */
export function createWireTap(dir: string, log: Logger = silentLogger): WireTap {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  return {
    open(protocol, info) {
      const path = join(dir, `${protocol}-${info.id}.txt`)
      const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
      file.on('error', (error) => log.warn('transcript lost', { session: info.id, path, error: error.message }))
      file.write(`# ${protocol.toUpperCase()} session ${info.id}, port ${info.localPort}${info.secure ? ', TLS' : ''}\n`)
      return sessionTap(file)
    },
  }
}

function sessionTap(file: WriteStream): SessionTap {
  let omitted = 0
  const write = (text: string): void => {
    if (file.destroyed || file.writableEnded) return
    if (file.writableLength > MAX_TAP_BUFFER) {
      omitted++
      return
    }
    if (omitted > 0) file.write(`# ${omitted} lines left out, the disk was too slow\n`)
    omitted = 0
    file.write(text)
  }
  return {
    client: (text) => write(prefixed('C', text)),
    server: (text) => write(prefixed('S', text)),
    close: () => {
      if (!file.destroyed) file.end()
    },
  }
}

/** A literal's own lines each get the mark, so that every line of the file says who sent it. */
function prefixed(side: 'C' | 'S', text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => (line === '' ? `${side}:\n` : `${side}: ${line}\n`))
    .join('')
}
