import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { collectLogger, ManualClock } from '@mailstead/testkit'
import { Metrics, serveMetrics, type Observed } from '@mailstead/metrics'
import { MAX_VALUES, OBSERVE_EVERY } from '../src/limits.ts'
import { COUNTERS, GAUGES, type Counter } from '../src/table.ts'

const samples = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' 0'))

test('events of the log are counted by their fields, and logged as they are', () => {
  const metrics = new Metrics()
  const inner = collectLogger()
  const log = metrics.listen(inner).child({ session: 's' })
  log.info('message accepted', { protocol: 'ESMTP' })
  log.info('message accepted', { protocol: 'ESMTP' })
  log.info('message accepted', { protocol: 'LMTP' })
  log.info('logged in', { account: 1 })
  log.info('refused', { reply: '550 5.1.1 no' })
  log.debug('delivered')
  log.warn('something else')
  assert.deepEqual(samples(metrics.print({})), [
    'mailstead_messages_accepted_total{protocol="ESMTP"} 2',
    'mailstead_messages_accepted_total{protocol="LMTP"} 1',
    'mailstead_smtp_refusals_total{class="5"} 1',
    'mailstead_deliveries_total 1',
  ])
  assert.equal(inner.events.length, 7)
})

test('labels have no more values than they may, and none breaks a line', () => {
  const metrics = new Metrics()
  for (let n = 0; n < MAX_VALUES + 5; n++) metrics.count('sessions', n === 0 ? 'a"\\\n' : `${n}`)
  const printed = samples(metrics.print({}))
  assert.equal(printed.length, MAX_VALUES + 1)
  assert.equal(printed[0], 'mailstead_sessions_total{role="a\\"\\\\\\n"} 1')
  assert.equal(printed.at(-1), 'mailstead_sessions_total{role="other"} 5')
})

test('what is observed is told with its kind, and what is not is left out', () => {
  const text = new Metrics().print({ queued: 7, memory: { rss: 1, heap: 2 }, commits: 3 })
  assert.match(text, /^# HELP mailstead_queue_recipients .+\n# TYPE mailstead_queue_recipients gauge\nmailstead_queue_recipients 7$/m)
  assert.match(text, /^# TYPE mailstead_store_commits_total counter$/m)
  assert.match(text, /^mailstead_memory_bytes\{kind="rss"\} 1\nmailstead_memory_bytes\{kind="heap"\} 2$/m)
  assert.doesNotMatch(text, /queue_held/)
})

test('no two metrics have a name, and each event is one that somebody logs', () => {
  const names = [...Object.values(COUNTERS).map(({ name }) => `${name}_total`), ...Object.values(GAUGES).map(({ name }) => name)]
  assert.equal(new Set(names).size, names.length)
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const sources = globSync('{packages,apps}/*/src/**/*.ts', { cwd: root })
    .filter((path) => !path.startsWith('packages/metrics/'))
    .map((path) => readFileSync(`${root}/${path}`, 'utf8'))
  for (const { event } of Object.values<Counter>(COUNTERS)) {
    if (event !== undefined)
      assert.ok(
        sources.some((text) => text.includes(`'${event}'`)),
        event,
      )
  }
})

test('metrics are served, and looked at no more often than they may be', async (t) => {
  const metrics = new Metrics()
  const clock = new ManualClock()
  const log = collectLogger()
  const looks: Observed[] = []
  const observe = async (): Promise<Observed> => {
    looks.push({})
    if (looks.length === 2) throw new Error('no store')
    return { queued: looks.length }
  }
  const server = await serveMetrics({ host: '127.0.0.1', port: 0, metrics, observe, log, clock })
  t.after(() => server.close())
  const get = (path: string, method = 'GET'): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`, { method })
  const queued = async (): Promise<string | undefined> =>
    /^mailstead_queue_recipients (\d+)$/m.exec(await (await get('/metrics')).text())?.[1]
  assert.equal((await get('/metrics')).headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.deepEqual([await queued(), await queued(), looks.length], ['1', '1', 1])
  clock.advance(OBSERVE_EVERY)
  assert.deepEqual([await queued(), looks.length, log.events.map(({ event }) => event)], [undefined, 2, ['metrics not observed']])
  clock.advance(OBSERVE_EVERY)
  assert.equal(await queued(), '3')
  assert.deepEqual([(await get('/')).status, (await get('/metrics', 'POST')).status], [404, 405])
  await assert.rejects(serveMetrics({ host: '127.0.0.1', port: server.port, metrics, observe, log, clock }), { code: 'EADDRINUSE' })
})
