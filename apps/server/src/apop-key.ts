import { randomBytes } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ApopKey } from '@mailstead/accounts'

/** In the data folder, and in no backup of the database. */
const FILE = 'apop.key'
const LENGTH = 32

/** The key of the APOP secrets, in a file of its own (0600) that is made with the first secret. */
export function apopKey(dir: string): ApopKey {
  const path = join(dir, FILE)
  let known: Promise<Uint8Array> | undefined
  const read = async (): Promise<Uint8Array | undefined> => {
    const octets = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (octets !== undefined && octets.length !== LENGTH) throw new Error(`${path} has ${octets.length} octets, and no key has`)
    return octets
  }
  const make = async (): Promise<Uint8Array> => {
    const there = await read()
    if (there !== undefined) return there
    const key = randomBytes(LENGTH)
    await writeNew(path, key)
    return key
  }
  return {
    read: async () => (known === undefined ? read() : known),
    make: () =>
      (known ??= make().catch((error: unknown) => {
        known = undefined
        throw error
      })),
  }
}

/** Whole and on disk, or not there at all. */
async function writeNew(path: string, octets: Uint8Array): Promise<void> {
  const half = `${path}.new`
  await rm(half, { force: true })
  const file = await open(half, 'wx', 0o600)
  try {
    await file.writeFile(octets)
    await file.sync()
  } finally {
    await file.close()
  }
  await link(half, path)
  await rm(half)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
