import type { Trouble } from './disk.ts'

const HOUR = 3600

export interface Fault {
  /** What is wrong, one after the other, each for a while; the server is well again after the last. */
  readonly troubles: readonly Trouble[]
  /** Something is refused because of it. */
  readonly refuses: boolean
}

export const faults: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  ['disk full', { troubles: [{ write: 'ENOSPC' }], refuses: true }],
  ['errors on write', { troubles: [{ write: 'EIO' }], refuses: true }],
  ['errors on sync', { troubles: [{ sync: 'EIO' }], refuses: true }],
  ['read-only', { troubles: [{ write: 'EROFS', open: 'EROFS' }], refuses: true }],
  [
    'disk full again and again',
    { troubles: Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? { write: 'ENOSPC' } : {})), refuses: true },
  ],
  ['slow disk', { troubles: [{ writeUs: 5000, syncUs: 50_000, readUs: 2000 }], refuses: false }],
  [
    'clock ahead, then behind',
    { troubles: [{ clockS: 26 * HOUR }, { clockS: -26 * HOUR }, { clockS: 5 }, {}, { clockS: -5 }], refuses: false },
  ],
])
