import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createLogger, silentLogger, type Logger, type LogLevel } from '../src/index.ts'

const INDEX = new URL('../src/index.ts', import.meta.url).href

/** The lines that `write` makes at `level`, without their times. */
async function lines(t: TestContext, level: LogLevel, count: number, write: (log: Logger) => void): Promise<Record<string, unknown>[]> {
  const dir = mkdtempSync(join(tmpdir(), 'log-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'made', 'mail.log')
  write(createLogger(level, path))
  let text = ''
  while (text.split('\n').length <= count) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const { time, ...rest } = JSON.parse(line) as Record<string, unknown>
      assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      return rest
    })
}

test('an event is one line, with the fields of its parents', async (t) => {
  const written = await lines(t, 'info', 2, (log) => {
    const session = log.child({ session: 's1' })
    session.debug('not asked for')
    session.info('connected', { text: 'two\nlines' })
    session.child({ queueId: 'Q1' }).warn('refused')
  })
  assert.deepEqual(written, [
    { level: 'info', session: 's1', text: 'two\nlines', msg: 'connected' },
    { level: 'warn', session: 's1', queueId: 'Q1', msg: 'refused' },
  ])
})

test('an error keeps its stack', async (t) => {
  const [line] = await lines(t, 'debug', 1, (log) => log.error('failed', { err: new TypeError('odd') }))
  assert.match(JSON.stringify(line?.['err']), /TypeError.*odd.*log\.test\.ts/)
})

test('lines written as the process ends are there, and a file that is there is added to', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'log-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'mail.log')
  for (const run of [1, 2]) {
    const program = `
      const { createLogger } = await import(process.argv[1])
      const log = createLogger('info', ${JSON.stringify(path)})
      for (let i = 0; i < 1000; i++) log.info('line', { run: ${run}, i })
      process.exit(0)
    `
    await new Promise((resolve) => execFile(process.execPath, ['--input-type=module', '-e', program, INDEX], resolve))
  }
  const written = readFileSync(path, 'utf8')
  assert.deepEqual(written.match(/"run":\d,"i":999,/g), ['"run":1,"i":999,', '"run":2,"i":999,'])
  assert.ok(written.split('\n').length > 1990)
})

test('silence', () => {
  silentLogger.child({ session: 's1' }).error('nobody hears it', { err: new Error('x') })
})

for (const [where, path] of [
  ['a file', "'/dev/full'"],
  ['standard error', 'undefined'],
] as const) {
  test(
    `a full disk under ${where} costs log lines, not the process`,
    { skip: existsSync('/dev/full') ? false : 'no /dev/full here' },
    async () => {
      const program = `
      const { createLogger } = await import(process.argv[1])
      const log = createLogger('info', ${path})
      for (let i = 0; i < 10; i++) {
        log.info('lost')
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      console.log('still there')
    `
      const arguments_ = ['--input-type=module', '-e', program, INDEX]
      const stderr = path === 'undefined' ? openSync('/dev/full', 'w') : 'pipe'
      const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', stderr] })
      const out: string[] = []
      const told: string[] = []
      child.stdout?.on('data', (text) => out.push(String(text)))
      child.stderr?.on('data', (text) => told.push(String(text)))
      const [code] = (await once(child, 'close')) as [number | null]
      assert.deepEqual([out.join(''), code], ['still there\n', 0], told.join(''))
      if (stderr === 'pipe') assert.match(told.join(''), /^\/dev\/full takes no more log lines: ENOSPC[^\n]*\n$/)
      else closeSync(stderr)
    },
  )
}
