import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { tempDir } from '@mailstead/testkit'
import type { Figures } from '../../bench/generator.ts'
import type { Operation, Row } from '../../bench/operations.ts'
import type { Values } from '../../bench/options.ts'
import { publish } from '../../bench/publish.ts'
import { renderFirst, renderOperations } from '../../bench/report.ts'
import { disagreements, failures, markOf, ratios, type Result, type Results, shortOf } from '../../bench/results.ts'
import type { Server } from '../../bench/servers/server.ts'
import { takeTurns } from '../../bench/turns.ts'

const ROW: Row = { id: 'store', phase: 'store', title: 'STORE', goal: { kind: 'ratio', cpu: 4, rate: 4 }, needs: { update: 1, echo: 2 } }

/** What `server` did in `row`, once a run. */
const done = (server: string, row: string, ...runs: readonly (readonly [cpu: number, rate: number])[]): Result[] =>
  runs.map(([cpu, rate], run) => ({ row, server, run, figures: { phase: row, operations: 1, seconds: 1, cpu, rate, hits: cpu } }))

const RESULTS: Results = {
  kind: 'inbound',
  whole: false,
  runs: 3,
  when: '2026-01-01T00:00',
  machine: 'a machine',
  versions: {},
  servers: { ours: 'Ours', one: 'One', two: 'Two' },
  results: [
    ...done('ours', 'store', [0.2, 900], [0.1, 1000], [9, 1]),
    ...done('one', 'store', [1, 100], [3, 300], [2, 200]),
    ...done('two', 'store', [0.6, 20], [0.6, 20], [0.6, 20]),
    ...done('machine', 'limit-update', [0.05, 0]),
    ...done('machine', 'limit-echo', [0.01, 0]),
  ],
}

describe('results of the benchmark', () => {
  test('ours is compared with the better peer of each figure, by medians', () => {
    const { cpu = 0, rate = 0 } = ratios(RESULTS, ROW)
    assert.deepEqual([cpu.toFixed(3), rate.toFixed(3)], ['3.000', '4.500'])
    assert.deepEqual(shortOf(RESULTS, ROW), ['cpu'])
    assert.equal(ratios(RESULTS, { ...ROW, beside: 'one' }).cpu, 10)
  })

  test('a first turn does not count, and has a table of its own', () => {
    const first = done('ours', 'store', [0.8, 100]).map((each): Result => ({ ...each, first: true }))
    const results = { ...RESULTS, results: [...first, ...RESULTS.results] }
    const operation: Operation = { name: 'store', group: 'Changing', run: [], rows: [ROW] }
    assert.deepEqual(ratios(results, ROW), ratios(RESULTS, ROW))
    assert.match(renderFirst(results, [operation]) ?? '', /\| STORE \| 0\.8 \| 0\.2 \| 4× \|/)
    assert.equal(renderFirst(RESULTS, [operation]), undefined)
  })

  test('each operation has a first turn that does not count, but what is done once or twice only', async (t) => {
    const values: Values = { quick: false, runs: '2', publish: false, out: join(await tempDir(t), 'results.json') }
    const servers = ['ours', 'one'].map((name) => ({ name, title: name }) as Server)
    const operations: Operation[] = [
      { name: 'often', group: 'Changing', run: [], rows: [ROW] },
      { name: 'once', group: 'Changing', run: [], rows: [{ ...ROW, id: 'once' }], runs: 1 },
    ]
    const attempt = async (): Promise<Figures[]> => [{ phase: 'store', operations: 1, seconds: 1, cpu: 1, rate: 1 }]
    const turns = await takeTurns({ kind: 'inbound', values, operations, servers, attempt })
    assert.deepEqual(
      turns.map(({ row, server, first }) => `${row} ${server}${first === true ? ', first' : ''}`),
      ['store ours, first', 'store one, first', 'store one', 'store ours', 'store ours', 'store one', 'once ours', 'once one'],
    )
  })

  test('a goal without figures is neither met nor missed', () => {
    assert.equal(shortOf({ ...RESULTS, results: [] }, ROW), undefined)
    const memory: Row = { ...ROW, goal: { kind: 'limit', limits: { rate: [899, 'MB'] } } }
    assert.deepEqual(shortOf(RESULTS, memory), ['rate'])
  })

  test('what the machine takes at least is added up, or unknown', () => {
    assert.equal(markOf(RESULTS, ROW)?.toFixed(3), '0.070')
    assert.equal(markOf(RESULTS, { ...ROW, needs: { update: 1, sync: 1 } }), undefined)
  })

  test('what failed is told, and stands in the table', () => {
    const results = [
      ...RESULTS.results.filter(({ server }) => server !== 'two'),
      { row: 'store', server: 'two', run: 0, wrong: 'no answer' },
    ]
    assert.deepEqual(failures(results), ['store on two: no answer'])
    const table = renderOperations({ ...RESULTS, results }, [{ name: 'store', group: 'Changing', run: [], rows: [ROW] }])
    assert.match(table, /\| STORE \| 0\.2 \/ 900 \| 2\.00 \/ 200 \| failed \| 10× \| 4\.5× \| 4× \| yes \| 0\.07; 2\.9× \|/)
  })

  test('answers that have to be alike are compared', () => {
    assert.deepEqual(disagreements(RESULTS.results, [{ ...ROW, same: ['seconds'] }]), [])
    assert.equal(disagreements(RESULTS.results, [{ ...ROW, same: ['hits'] }]).length, 1)
  })

  test('a part of a run is not published', () => {
    assert.throws(() => publish(RESULTS), /only whole runs/)
  })
})
