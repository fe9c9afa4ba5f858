import type { Directory, NewAccount } from '@mailstead/store'
import type { ImportOutcome, ImportRow } from './admin.ts'
import { AccountError, administer } from './errors.ts'
import { IMPORT_BATCH } from './limits.ts'
import { newAccount } from './new-account.ts'
import type { VerifierMaker } from './verifiers.ts'

type Prepared = { readonly row: ImportRow; readonly account: NewAccount } | { readonly row: ImportRow; readonly error: AccountError }

/** See `AccountAdmin.importAccounts`. */
export async function* importAccounts(
  rows: AsyncIterable<ImportRow> | Iterable<ImportRow>,
  directory: Directory,
  verifiers: VerifierMaker,
): AsyncGenerator<ImportOutcome> {
  let batch: ImportRow[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < IMPORT_BATCH) continue
    yield* await importBatch(batch, directory, verifiers)
    batch = []
  }
  if (batch.length > 0) yield* await importBatch(batch, directory, verifiers)
}

async function importBatch(rows: readonly ImportRow[], directory: Directory, verifiers: VerifierMaker): Promise<ImportOutcome[]> {
  const prepared = await Promise.all(rows.map((row) => prepare(row, verifiers)))
  const accounts = prepared.flatMap((item) => ('account' in item ? [item.account] : []))
  try {
    if (accounts.length > 0) await directory.addAccounts(accounts)
    return prepared.map((item) => ('account' in item ? added(item.row) : failed(item.row, item.error)))
  } catch {
    // One commit, all or none: one at a time tells which row it was, and the others get in.
    return Promise.all(
      prepared.map(async (item) => ('account' in item ? addOne(item.row, item.account, directory) : failed(item.row, item.error))),
    )
  }
}

async function prepare(row: ImportRow, verifiers: VerifierMaker): Promise<Prepared> {
  try {
    return { row, account: await newAccount(row, verifiers) }
  } catch (error) {
    if (error instanceof AccountError) return { row, error }
    throw error
  }
}

async function addOne(row: ImportRow, account: NewAccount, directory: Directory): Promise<ImportOutcome> {
  try {
    await administer(undefined, () => directory.addAccounts([account]))
    return added(row)
  } catch (error) {
    if (error instanceof AccountError) return failed(row, error)
    throw error
  }
}

const added = ({ line, address }: ImportRow): ImportOutcome => ({ line, address, ok: true })

const failed = ({ line, address }: ImportRow, { code, message }: AccountError): ImportOutcome => ({
  line,
  address,
  ok: false,
  code,
  error: message,
})
