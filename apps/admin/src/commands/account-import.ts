import { createReadStream } from 'node:fs'
import type { ImportOutcome, ImportRow } from '@mailstead/accounts'
import { parseQuota } from '../account-format.ts'
import type { CliCommand } from '../command.ts'
import { CommandError, UsageError } from '../errors.ts'
import { readCsv, type CsvRecord } from '../csv.ts'
import { count } from '../format.ts'
import { IMPORT_BATCH } from '../limits.ts'
import type { Shell } from '../shell.ts'

interface Failed {
  readonly line: number
  readonly address: string
  readonly error: string
}

export const accountImport: CliCommand = {
  name: 'account import',
  summary: 'Creates accounts from a CSV file: address,password[,quota]',
  arguments: ['FILE'],
  details:
    'One account a line; `-` reads standard input. A field with a comma or a quote stands in quotes, with its own quotes doubled; a first line ' +
    '`address,password,quota` is left out. Any password but an empty one is taken. A line that fails is reported with its number and does not ' +
    'harm the others; the exit code is then 1. Hashing takes some 30 ms of one core an account.',
  examples: ['mailstead account import accounts.csv', 'decrypt accounts.csv.gpg | mailstead account import -'],

  async run(shell, args) {
    const admin = await shell.admin({ create: true })
    const report: Report = { created: 0, failed: [] }
    const defaultQuota = await admin.server.defaultQuota()
    let batch: ImportRow[] = []
    const flush = async (): Promise<void> => {
      for (const outcome of await admin.imports.rows(batch)) note(shell, report, outcome)
      batch = []
    }
    for await (const record of readCsv(openInput(shell, args.at(0)))) {
      if (record.line === 1 && record.fields[0]?.toLowerCase() === 'address') continue
      const row = toRow(record, defaultQuota)
      if ('error' in row) note(shell, report, row)
      else batch.push(row)
      if (batch.length === IMPORT_BATCH) await flush()
    }
    await flush()
    const { created, failed } = report
    shell.result(report, `${count(created, 'account')} created, ${failed.length} failed`)
    return failed.length === 0 ? 0 : 1
  },
}

interface Report {
  created: number
  readonly failed: Failed[]
}

function note(shell: Shell, report: Report, outcome: Failed | ImportOutcome): void {
  const { line, address } = outcome
  if ('ok' in outcome && outcome.ok) {
    report.created++
    shell.say(`line ${line}: ${address} created`)
    return
  }
  report.failed.push({ line, address, error: outcome.error })
  shell.note(`line ${line}: ${address}: ${outcome.error}`)
}

function toRow({ line, fields }: CsvRecord, defaultQuota: number | undefined): ImportRow | Failed {
  const [first = '', password = '', quotaText = ''] = fields
  const address = first.trim()
  if (fields.length < 2 || fields.length > 3) {
    return { line, address, error: `address,password[,quota] are needed, not ${count(fields.length, 'field')}` }
  }
  try {
    return { line, address, password, quota: quotaText.trim() === '' ? defaultQuota : parseQuota(quotaText.trim()) }
  } catch (error) {
    if (error instanceof UsageError) return { line, address, error: error.message }
    throw error
  }
}

function openInput(shell: Shell, file: string): AsyncIterable<string> {
  if (file === '-') return decode(shell.stdin)
  const stream = createReadStream(file, 'utf8')
  return rename(stream, file)
}

async function* decode(input: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8')
  for await (const chunk of input) yield typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
  yield decoder.decode()
}

/** Says which file it is that cannot be read. */
async function* rename(stream: AsyncIterable<string>, file: string): AsyncGenerator<string> {
  try {
    yield* stream
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`, { cause: error })
  }
}
