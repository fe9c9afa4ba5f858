import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { StartError } from './errors.ts'

/** The absolute path of the data folder, made when it is not there. Throws `StartError`. */
export async function prepareDataDir(path: string): Promise<string> {
  const dir = resolve(path)
  try {
    await makeFolder(dir)
    if (!(await stat(dir)).isDirectory()) throw new StartError('data-dir', `${dir} is not a folder: choose another one with --data`)
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
    return dir
  } catch (error) {
    throw error instanceof StartError ? error : dataDirError(dir, error)
  }
}

/**
 * Makes a folder for its owner alone, and those above it. Node's own `recursive` does not return where the system says
 * that a folder's parent is missing although it is there, as in /proc (seen with Node 24.21).
 */
export async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(dir) === dir) throw error
    await makeFolder(dirname(dir))
    await mkdir(dir, { mode: 0o700 })
  }
}

/** What the system's code means for the administrator. */
export function dataDirError(dir: string, error: unknown): StartError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return new StartError(
        'data-dir',
        `${dir} cannot be written by this user: give it the folder (chown), or choose another one with --data`,
        {
          cause: error,
        },
      )
    case 'EROFS':
      return new StartError('data-dir', `${dir} is on a read-only disk: mount it for writing, or choose another folder with --data`, {
        cause: error,
      })
    case 'ENOSPC':
      return new StartError('data-dir', `the disk of ${dir} is full: make room on it, or choose another folder with --data`, {
        cause: error,
      })
    case 'EEXIST':
    case 'ENOTDIR':
      return new StartError('data-dir', `${dir} is not a folder: choose another one with --data`, { cause: error })
    default:
      return new StartError('data-dir', `${dir} cannot be used (${code}): choose another folder with --data`, { cause: error })
  }
}
