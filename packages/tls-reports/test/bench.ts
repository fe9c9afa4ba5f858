import type { TestContext } from 'node:test'
import { silentLogger, type Clock } from '@mailstead/base'
import { createDelivery, type Delivery } from '@mailstead/delivery'
import { decodeStructure, MessageScanner, transferDecoder } from '@mailstead/mime'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import { tempDir } from '@mailstead/testkit'

/** A store in a folder of its own. */
export async function openStore(t: Pick<TestContext, 'after'>, clock: Clock, dir?: string): Promise<SqliteStore> {
  return openSqlite({ path: `${dir ?? (await tempDir(t))}/mail.db`, log: silentLogger, clock })
}

/** Whose recipients are all elsewhere. */
export function deliveryOver(store: SqliteStore, clock: Clock): Delivery {
  const accounts = {
    resolve: () => Promise.resolve({ kind: 'elsewhere' } as const),
    maySendAs: () => Promise.resolve(false),
    reserve: () => Promise.resolve(undefined),
  }
  return createDelivery({ intake: store.intake, accounts, log: silentLogger, clock, hostName: 'mx.example.org', leaves: true })
}

export interface Leaving {
  readonly recipient: string
  readonly mailFrom: string
  readonly octets: Buffer
}

/** What waits to leave. */
export async function leaving(store: SqliteStore): Promise<Leaving[]> {
  const listed = await store.queue.list({}, undefined, 100)
  return Promise.all(
    listed.map(async ({ queueId, recipient, mailFrom, size }) => ({
      recipient,
      mailFrom,
      octets: Buffer.from(await store.queue.read(queueId, 0, size)),
    })),
  )
}

/** The content of the parts of a multipart message, by type. */
export function partsOf(message: Uint8Array): Map<string, Buffer> {
  const scanner = new MessageScanner()
  scanner.push(message)
  const parts = decodeStructure(scanner.end().structure)?.children ?? []
  return new Map(
    parts.map(({ type, subtype, encoding, body, end }) => {
      const decoder = transferDecoder(encoding)
      return [`${type}/${subtype}`, Buffer.concat([decoder.write(message.subarray(body, end)), decoder.end()])]
    }),
  )
}
