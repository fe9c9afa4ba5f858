import { once } from 'node:events'
import { chmod, chown, lstat, readFile, unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { ListenError, systemCode } from './errors.ts'
import { BACKLOG } from './limits.ts'

/** Where a listener's Unix socket is, and who may connect to it. */
export interface UnixSocket {
  readonly path: string
  /** `0o660` */
  readonly mode: number
  /** Its group by name or number; `undefined`: the one that the process runs as. */
  readonly group: string | undefined
}

/**
 * Lets `server` listen at the path. Until mode and group are right nobody but our own user can connect. A socket that
 * a server left behind which is no more is replaced, one that somebody listens at never is. Rejects with `ListenError`.
 */
export async function openUnixSocket(server: Server, socket: UnixSocket): Promise<void> {
  try {
    const group = socket.group === undefined ? undefined : await groupId(socket.group)
    await bind(server, socket.path).catch((error: unknown) => replaceStale(error, server, socket.path))
    // Only then the mode: its bits for a group are never meant for another one.
    if (group !== undefined) await chown(socket.path, -1, group)
    await chmod(socket.path, socket.mode)
  } catch (error) {
    server.close()
    throw error instanceof ListenError ? error : socketError(error, socket)
  }
}

/** Binding happens inside of `listen`, so that the umask of this moment is the socket's. */
async function bind(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177)
  try {
    server.listen({ path, backlog: BACKLOG })
  } finally {
    process.umask(before)
  }
  await once(server, 'listening')
}

async function replaceStale(error: unknown, server: Server, path: string): Promise<void> {
  if (systemCode(error) !== 'EADDRINUSE') throw error
  if (!(await lstat(path)).isSocket()) {
    throw new ListenError('in-use', `${path} is there already and is no socket: choose another path, or remove it`, { cause: error })
  }
  if (await answers(path)) throw error
  await unlink(path)
  await bind(server, path)
}

/** Whether somebody listens there; who may not connect cannot tell, and leaves it alone. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(true))
    socket.once('error', (error) => resolve(systemCode(error) !== 'ECONNREFUSED'))
    socket.once('connect', () => socket.destroy())
  })
}

/** Node has no getgrnam(3): the machine's own groups are read from the file. */
async function groupId(group: string): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group)
  const lines = (await readFile('/etc/group', 'utf8')).split('\n')
  const id = lines.map((line) => line.split(':')).find(([name]) => name === group)?.[2]
  if (id === undefined) throw new ListenError('failed', `There is no group ${group} on this machine: correct socket_group`)
  return Number(id)
}

function socketError(error: unknown, { path, group }: UnixSocket): ListenError {
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new ListenError('in-use', `The socket ${path} is taken by another program: stop that program, or choose another path`, {
        cause: error,
      })
    case 'EPERM':
      return new ListenError('not-allowed', `${path} cannot be given to the group ${group ?? ''}: the server's user has to belong to it`, {
        cause: error,
      })
    // libuv says so of a folder that is not there too.
    case 'EACCES':
      return new ListenError('not-allowed', `The socket ${path} cannot be made: its folder has to be there, and this user to write to it`, {
        cause: error,
      })
    default:
      return new ListenError('failed', `The socket ${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
  }
}
