import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { MAX_SOCKET_PATH } from './limits.ts'

const SOCKET = 'control.sock'
/** Holds the socket's path when it could not be in the data folder. */
const ELSEWHERE = 'control.path'

/**
 * Where the socket of the data folder `dir` shall be. A path too long for a socket address moves to a private
 * folder of its own under the system's temporary one, and the data folder says where. What an earlier server
 * left is removed, so the caller must hold the folder's lock.
 */
export async function prepareSocket(dir: string): Promise<string> {
  await clearSocket(dir)
  const path = resolve(dir, SOCKET)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path
  const folder = await mkdtemp(join(tmpdir(), 'mailstead-'))
  await chmod(folder, 0o700)
  const short = join(folder, SOCKET)
  await writeFile(join(dir, ELSEWHERE), `${short}\n`, { mode: 0o600 })
  return short
}

/** Removes the socket and, if there is one, the folder made for it. Call it under the folder's lock only. */
export async function clearSocket(dir: string): Promise<void> {
  const elsewhere = await readElsewhere(dir)
  if (elsewhere !== undefined) {
    await rm(elsewhere, { force: true })
    // Only a folder made by prepareSocket: the file could name anything.
    if (/mailstead-[^/]+$/.test(dirname(elsewhere))) await rm(dirname(elsewhere), { recursive: true, force: true })
    await rm(join(dir, ELSEWHERE), { force: true })
  }
  await rm(resolve(dir, SOCKET), { force: true })
}

/** Where a running server's socket is. */
export async function findSocket(dir: string): Promise<string> {
  return (await readElsewhere(dir)) ?? resolve(dir, SOCKET)
}

async function readElsewhere(dir: string): Promise<string | undefined> {
  try {
    const text = (await readFile(join(dir, ELSEWHERE), 'utf8')).trim()
    return text.endsWith(`/${SOCKET}`) ? text : undefined
  } catch {
    return undefined
  }
}
