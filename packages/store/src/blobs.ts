import type { Rendered } from '@mailstead/mime'
import type { BlobId } from './ids.ts'

/** Largest piece `write` and `read` handle at once. */
export const CHUNK_SIZE = 256 * 1024

/**
 * Octets written, not yet part of any mailbox. Used at most once, by `append`, `replace` or `accept`, or given
 * back by `release`; what a crash leaves is swept at the next start.
 */
export interface StagedBlob {
  readonly size: number
  readonly rendered: Rendered
  /** As `Blobs.read`, as long as it is staged: for whoever has to change octets before they are kept. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Gives the octets back. Harmless after use. */
  release(): Promise<void>
}

/**
 * Takes a message as it comes. Small ones stay in memory; from CHUNK_SIZE on, full chunks go to the database while
 * the client still sends, so that no message is ever whole in memory.
 */
export interface BlobWriter {
  /** Copies or keeps `chunk`, which must not change afterwards. Wait for the promise, if there is one, before the next write. */
  write(chunk: Uint8Array): Promise<void> | undefined
  /** Octets so far. */
  readonly size: number
  finish(): Promise<StagedBlob>
  /** Gives up; harmless after `finish`. */
  abort(): Promise<void>
}

export interface Blobs {
  stage(): BlobWriter
  /** At most CHUNK_SIZE octets from `offset`; fewer at the end. Throws `message-not-found` once the blob is purged. */
  read(blob: BlobId, offset: number, length: number): Promise<Uint8Array>
  /** Nobody looks at these octets of a `read` any more: their memory is free at once. */
  release(octets: Uint8Array): void
}
