/**
 * The outbound queue under SIGKILL, placed: another server takes our mail and kills us before the dot, behind it, behind its 250, and while we settle it.
 * In the end every recipient that was answered for has the message, and has it twice only where the rule allows it: where the dot had been
 * seen and the settlement could not be sure (RFC 5321 section 4.5.4 leaves no other way).
 *
 *   npm run crash:leave -- [--rounds 60] [--seed N] [--submitters 3] [--mistake lost|doubled]
 *
 * --mistake: the rig forgets one that came, or counts one that did not, and has to find it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checkConsistency } from '@mailstead/sqlite'
import { seeded } from '@mailstead/testkit'
import { makeServer } from '../../interop/server.ts'
import { Sink, WINDOWS, type Window } from './sink.ts'
import { submit } from './submitter.ts'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    rounds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    submitters: { type: 'string', default: '3' },
    mistake: { type: 'string' },
  },
})
const USER = 'ann@crash.test'
const START = ['--log-level', 'warn'] as const
/** ms without a message after which no more will come: a connection that we cut makes the queue wait for `first_retry`. */
const PATIENCE = 60_000

console.log(`seed ${values.seed}`)
const random = seeded(Number(values.seed))
process.env['MAILSTEAD_AUTH_PLAINTEXT'] = 'loopback'
const server = await makeServer('crash.test', { [USER]: 'secret' })

/** How often a key may come at the most beyond once. */
const allowed = new Map<string, number>()
const promised = new Set<string>()
const kills = new Map<Window, number>()
let aim: { readonly window: Window; readonly after: number } | undefined
let seen = 0
let killed = Promise.withResolvers<void>()

const sink = new Sink({
  reached(window) {
    if (aim?.window !== window || ++seen < aim.after) return false
    aim = undefined
    kills.set(window, (kills.get(window) ?? 0) + 1)
    process.kill(server.pid, 'SIGKILL')
    sink.orphan()
    killed.resolve()
    return true
  },
  doubtful(keys) {
    for (const key of keys) allowed.set(key, (allowed.get(key) ?? 0) + 1)
  },
})
const sinkPort = await sink.listen()
writeFileSync(
  join(server.dir, 'mailstead.toml'),
  [
    '[outbound]',
    'send = true',
    'first_retry = 10',
    'connections_per_destination = 4',
    '[sending]',
    'hour = 0',
    'day = 0',
    '[[route]]',
    'to = ["far.test"]',
    `servers = ["127.0.0.1:${sinkPort}"]`,
  ].join('\n'),
)

let count = 0
let working = true
await server.start(...START)
const submitters = Array.from({ length: Number(values.submitters) }, () =>
  submit({
    port: server.ports.submission,
    user: USER,
    password: 'secret',
    goesOn: () => working,
    next() {
      const message = `m${++count}`
      return { message, recipients: Array.from({ length: 1 + random.int(4) }, (_, n) => `r${count}x${n}@far.test`) }
    },
    taken: (message, recipients) => recipients.forEach((recipient) => promised.add(`${message} ${recipient}`)),
  }),
)
for (let round = 0; round < Number(values.rounds); round++) {
  killed = Promise.withResolvers()
  seen = 0
  aim = { window: random.pick(WINDOWS), after: 1 + random.int(60) }
  await killed.promise
  await server.kill()
  await server.start(...START)
}
working = false
await Promise.all(submitters)
for (let came = -1, end = 0; [...promised].some((key) => !sink.received.has(key)); await wait(100)) {
  if (sink.received.size > came) end = Date.now() + PATIENCE
  else if (Date.now() > end) break
  came = sink.received.size
}
const code = await server.stop()
sink.close()

const [first] = promised
if (values.mistake === 'lost' && first !== undefined) sink.received.delete(first)
if (values.mistake === 'doubled' && first !== undefined) sink.received.set(first, 9)
const lost = [...promised].filter((key) => !sink.received.has(key))
const doubled = [...sink.received].filter(([key, times]) => times - 1 > (allowed.get(key) ?? 0))
const doubles = [...sink.received.values()].filter((times) => times > 1).length
const broken = checkConsistency(join(server.dir, 'mail.db')).problems
for (const key of lost.slice(0, 10)) console.log(`answered with 250 and not there: ${key}`)
for (const [key, times] of doubled.slice(0, 10))
  console.log(`came ${times} times, where ${1 + (allowed.get(key) ?? 0)} are allowed: ${key}`)
for (const problem of broken) console.log(problem)
const wrong = lost.length + doubled.length + broken.length + (code === 0 ? 0 : 1)
const where = WINDOWS.map((window) => `${kills.get(window) ?? 0} ${window}`).join(', ')
console.log(`kills: ${where}; ${promised.size} recipients answered for, ${doubles} came twice where it cannot be helped, ${wrong} wrong`)
if (wrong === 0) server.remove()
else console.log(`the data is kept in ${server.dir}`)
process.exit(wrong === 0 ? 0 : 1)
