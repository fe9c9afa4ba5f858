import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CsvError, readCsv, type CsvRecord } from '../src/csv.ts'

async function read(...chunks: string[]): Promise<CsvRecord[]> {
  async function* source(): AsyncGenerator<string> {
    yield* chunks
  }
  const records: CsvRecord[] = []
  for await (const record of readCsv(source())) records.push(record)
  return records
}

const tables: [text: string, ...records: [line: number, ...fields: string[]][]][] = [
  [''],
  ['\n\n'],
  ['a,b', [1, 'a', 'b']],
  ['a,b\n', [1, 'a', 'b']],
  ['a,b\r\nc,d\r\n', [1, 'a', 'b'], [2, 'c', 'd']],
  ['a\rb', [1, 'a'], [1, 'b']],
  ['\uFEFFa,b', [1, 'a', 'b']],
  ['a,', [1, 'a', '']],
  [',', [1, '', '']],
  ['"a","b ""q"" c",d', [1, 'a', 'b "q" c', 'd']],
  ['"a,b\r\nc",d\n\nx', [1, 'a,b\r\nc', 'd'], [4, 'x']],
  ['a, b ,c"d', [1, 'a', ' b ', 'c"d']],
  ['"",x', [1, '', 'x']],
  ['пароль,😀', [1, 'пароль', '😀']],
]

for (const [text, ...records] of tables) {
  test(`csv ${JSON.stringify(text)}`, async () => {
    const expected = records.map(([line, ...fields]) => ({ line, fields }))
    assert.deepEqual(await read(text), expected)
    // The same octets one by one: no state may hang on where a chunk ends.
    assert.deepEqual(await read(...Array.from(text)), expected)
  })
}

for (const text of ['"a', 'x\n"a\nb', '"a"b', `"${'x'.repeat(70_000)}"`]) {
  test(`csv rejects ${JSON.stringify(text.slice(0, 20))}`, async () => {
    await assert.rejects(read(text), CsvError)
  })
}
