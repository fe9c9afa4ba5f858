// Loaded into each test file's process. The runner's own time-out ends tests, not files: a loop without end, or a handle
// left open, would hold the run for good. A thread of its own sees to it even when the main one never comes back.
import { argv, env } from 'node:process'
import { isMainThread, Worker } from 'node:worker_threads'

const END = `
  const { workerData } = require('node:worker_threads')
  setTimeout(() => {
    require('node:fs').writeSync(2, workerData.file + ' has not ended after ' + workerData.ms + ' ms\\n')
    process.kill(process.pid, 'SIGKILL')
  }, workerData.ms)
`

if (isMainThread && env['NODE_TEST_CONTEXT'] !== undefined) {
  const workerData = { file: argv[1], ms: Number(env['MAILSTEAD_TEST_FILE_MS']) }
  new Worker(END, { eval: true, execArgv: [], workerData }).unref()
}
