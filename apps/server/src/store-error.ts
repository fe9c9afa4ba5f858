import { NewerSchemaError } from '@mailstead/sqlite'
import { StartError, type StartErrorCode } from './errors.ts'

interface Remedy {
  /** Codes of SQLite and of the system. */
  readonly when: RegExp
  readonly code: StartErrorCode
  readonly text: string
}

/** Nothing of these is damage, and a backup in the place of the mail would be a loss. The first that fits counts. */
const REMEDIES: readonly Remedy[] = [
  {
    // SHMSIZE: no room for the index of the WAL.
    when: /^(?:ENOSPC|EDQUOT|SQLITE_FULL|SQLITE_IOERR_SHMSIZE)/,
    code: 'disk',
    text: 'the disk is full: make room on it',
  },
  {
    // A command run by root leaves files behind that the server's own user cannot open.
    when: /^(?:EROFS|EACCES|EPERM|SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM)/,
    code: 'data-dir',
    text: 'is the disk mounted for writing, and do all files there belong to the user that runs the server (chown -R)?',
  },
  {
    when: /^(?:EIO|SQLITE_IOERR)/,
    code: 'disk',
    text: "the disk fails: see the system's log (dmesg) before anything else is written to it",
  },
  { when: /^SQLITE_BUSY/, code: 'disk', text: 'another program holds it: end that' },
]

/** Why a file of the store is not opened, and what to do, on one line. */
export function storeError(path: string, error: unknown): StartError {
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof NewerSchemaError) return new StartError('newer-schema', reason, { cause: error })
  const { code = '' } = error as { readonly code?: string }
  const remedy = REMEDIES.find(({ when }) => when.test(code))
  if (remedy !== undefined) return new StartError(remedy.code, `${path} cannot be opened (${reason}): ${remedy.text}`, { cause: error })
  const text = `${path} cannot be opened: ${reason}. When it is damaged, "mailstead restore" puts a backup in its place`
  return new StartError('bad-store', text, { cause: error })
}
