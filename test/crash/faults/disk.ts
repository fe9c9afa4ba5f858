import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { constants, endianness } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** As `struct trouble` of disk.c has them. */
const FIELDS = ['writeErrno', 'syncErrno', 'openErrno', 'writeUs', 'syncUs', 'readUs', 'clockS', 'felt'] as const
type Field = (typeof FIELDS)[number]

type Errno = 'ENOSPC' | 'EIO' | 'EROFS'

/** What is wrong with the disk and the clock. */
export interface Trouble {
  /** What writing, syncing and opening for writing fail with. */
  readonly write?: Errno
  readonly sync?: Errno
  readonly open?: Errno
  /** µs that each takes longer. */
  readonly writeUs?: number
  readonly syncUs?: number
  readonly readUs?: number
  /** Seconds that the clock is ahead. */
  readonly clockS?: number
}

/** The switches of the shim that a server runs with. */
export class Disk {
  /** For the server's environment. */
  readonly env: Readonly<Record<string, string>>
  readonly #fd: number

  /** `under`: the folder whose files are in trouble; the shim and its switches are kept in `dir`, outside of it. */
  constructor(dir: string, under: string, library: string) {
    const file = join(dir, 'trouble')
    writeFileSync(file, Buffer.alloc(4 * FIELDS.length))
    this.#fd = openSync(file, 'r+')
    this.env = { LD_PRELOAD: library, FAULTS_FILE: file, FAULTS_DIR: under }
  }

  set({ write, sync, open, writeUs = 0, syncUs = 0, readUs = 0, clockS = 0 }: Trouble): void {
    const number = (name: Errno | undefined): number => (name === undefined ? 0 : constants.errno[name as 'EIO'])
    const values = { writeErrno: number(write), syncErrno: number(sync), openErrno: number(open), writeUs, syncUs, readUs, clockS }
    for (const [name, value] of Object.entries(values)) this.#write(name as Field, value)
  }

  /** Acts that have failed so far. */
  get felt(): number {
    const octets = Buffer.alloc(4)
    readSync(this.#fd, octets, 0, 4, 4 * FIELDS.indexOf('felt'))
    return endianness() === 'LE' ? octets.readInt32LE() : octets.readInt32BE()
  }

  close(): void {
    closeSync(this.#fd)
  }

  #write(name: Field, value: number): void {
    writeSync(this.#fd, Buffer.from(new Int32Array([value]).buffer), 0, 4, 4 * FIELDS.indexOf(name))
  }
}

/** Compiles disk.c into `dir`. Returns the library's path, or undefined where there is no C compiler. */
export function makeLibrary(dir: string): string | undefined {
  const library = join(dir, 'disk.so')
  const source = fileURLToPath(new URL('./disk.c', import.meta.url))
  const { status, error, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source], { encoding: 'utf8' })
  if (error !== undefined) return undefined
  if (status !== 0) throw new Error(`disk.c does not compile: ${stderr}`)
  return library
}
