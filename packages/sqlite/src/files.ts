import { closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs'

/** Makes a file's octets, or a folder's names, survive a power cut. */
export function sync(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Octets; 0 when there is no such file. */
export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0
}
