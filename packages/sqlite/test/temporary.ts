import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger, systemClock, type Clock } from '@mailstead/base'
import type { Backend, Fixture, StandingClock } from '@mailstead/store/contract'
import { checkConsistency, checkSearchIndex, openSqlite, type SqliteOptions, type SqliteStore } from '@mailstead/sqlite'

export interface Temporary {
  readonly path: string
  readonly store: SqliteStore
  /** What is wrong with the database. */
  check(): readonly string[]
  /** Closes the store and opens the same file again. */
  reopen(): Promise<Temporary>
  remove(): void
}

/** A store in a folder of its own. */
export async function openTemporary(
  options: Partial<SqliteOptions> & { clock?: Clock } = {},
  folder = temporaryFolder(),
): Promise<Temporary> {
  const path = join(folder, 'mail.db')
  const store = await openSqlite({ path, log: silentLogger, clock: systemClock, ...options })
  return {
    path,
    store,
    check: () => [...checkConsistency(path).problems, ...checkSearchIndex(path)],
    async reopen() {
      await store.close()
      return openTemporary(options, folder)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'mailstead-sqlite-'))
}

/** As the contract suite wants it. */
export function asBackend(temporary: Temporary): Backend {
  return {
    ...temporary.store,
    check: async () => temporary.check(),
    reopen: async () => asBackend(await temporary.reopen()),
    dispose: async () => temporary.remove(),
  }
}

/** What the contract's steps are told of the store. */
export function fixtureOf(temporary: Temporary, clock: StandingClock): Fixture {
  return { backend: asBackend(temporary), clock }
}

/** `run` gives back the store as it has left it. */
export async function withTemporary(clock: Clock, run: (temporary: Temporary) => Promise<Temporary>): Promise<void> {
  let temporary = await openTemporary({ clock })
  try {
    temporary = await run(temporary)
  } finally {
    await temporary.store.close()
    temporary.remove()
  }
}
