/**
 * Octets from strangers, for whatever takes some: nothing may break, stay unanswered, take more time than in proportion, or pile up.
 *
 *   npm run fuzz -- [--minutes 2] [--seed N] [WORD…]    targets whose name has one of the words, all for the same time
 *   npm run fuzz -- --plants                            targets with mistakes, which have to be found
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { seeded, type Random } from '@mailstead/testkit'
import { makeServer, type RealServer } from '../interop/server.ts'
import { startProxy, type Fault, type Proxy } from '../hammer/proxy.ts'
import { mistaken } from '../plants/mistakes.ts'
import { connections, watch } from './connections.ts'
import { imapCommands, imapDecoder, imapFramer, imapUrls } from './imap-grammar.ts'
import { pop3Commands, pop3Framer, smtpCommands, smtpMessages } from './mail-grammar.ts'
import { mimeDowngrade } from './downgrade.ts'
import { mimeReaders, mimeReports, mimeScanner } from './mime.ts'
import { PLANTS } from './plants.ts'
import type { Target } from './target.ts'

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    plants: { type: 'boolean', default: false },
  },
})
const DOMAIN = 'fuzz.test'
/** Inputs between two that grow. */
const GROWTH_EVERY = 400
/** How long targets without a mistake are tried beside those with one (ms). */
const CONTROL_TIME = 500
/** How long a mistake may stay unfound (ms). */
const PLANT_TIME = 30_000

const seed = Number(values.seed)
console.log(`seed ${seed}`)

/** ms of computing for one input that nobody else is heard in. */
const STALL = 50

function computedSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

/** Compiling and collecting rubbish come once; what takes as long each time does so by itself. */
function confirmStall(run: () => void): void {
  let best = Infinity
  for (let tries = 0; tries < 3; tries++) {
    const before = process.threadCpuUsage()
    run()
    best = Math.min(best, computedSince(before))
  }
  if (best > STALL) throw new Error(`one input takes ${best.toFixed(0)} ms`)
}

interface Outcome {
  readonly inputs: number
  readonly grown: number
  /** What was wrong, and with which seed it can be had again. */
  readonly wrong?: string
}

/** Every input has a seed of its own, so that one that is wrong can be had again by itself. */
async function fuzz({ once, grow, end }: Target, first: number, ms: number): Promise<Outcome> {
  const until = Date.now() + ms
  let [inputs, grown] = [0, 0]
  try {
    for (; Date.now() < until; inputs++) {
      const random = (offset: number): Random => seeded(first + inputs + offset)
      const before = process.threadCpuUsage()
      const running = once(random(0))
      if (running instanceof Promise) await running
      else if (computedSince(before) > STALL) confirmStall(() => void once(random(0)))
      if (grow !== undefined && inputs % GROWTH_EVERY === 0) {
        grow(random(1 << 30))
        grown++
      }
      if (inputs % 100 === 0) await new Promise(setImmediate)
    }
    await end?.()
    return { inputs, grown }
  } catch (error) {
    return { inputs, grown, wrong: `input seed ${first + inputs}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const grammars = (): Target[] => [
  imapCommands(),
  imapDecoder(),
  imapFramer(),
  imapUrls(),
  smtpCommands(),
  smtpMessages(),
  pop3Commands(),
  pop3Framer(),
  mimeScanner(),
  mimeReaders(),
  mimeDowngrade(),
  mimeReports(),
]

const login = { user: `ann@${DOMAIN}`, password: 'secret' }

/** `delays`: the file that tells how late its event loop was. */
async function startServer(): Promise<{ readonly server: RealServer; readonly delays: string }> {
  process.env['MAILSTEAD_AUTH_PLAINTEXT'] = 'loopback'
  process.env['MAILSTEAD_PORTS_LMTP'] = '24'
  const dir = mkdtempSync(join(tmpdir(), 'fuzz-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  const delays = join(dir, 'delays')
  const env = { ...mistaken([], new URL('../load/loop-delay.ts', import.meta.url).href), MAILSTEAD_LOOP_DELAY: delays }
  const server = await makeServer(DOMAIN, { [login.user]: login.password }, '2G', env)
  await server.start('--log-level', 'warn')
  return { server, delays }
}

async function plain(): Promise<boolean> {
  const { server, delays } = await startServer()
  const { imap, smtp, pop3 } = server.ports
  const lmtp = server.portBase + 24
  const check = watch(server, delays)
  const targets = [...grammars(), ...connections({ server, login, ports: { imap, smtp, lmtp, pop3 } })].filter(
    ({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
  )
  let good = targets.length > 0
  for (const target of targets) {
    const { inputs, grown, wrong } = await fuzz(target, seed, (Number(values.minutes) * 60_000) / targets.length)
    if (wrong !== undefined) good = false
    console.log(
      `${wrong === undefined ? 'ok  ' : 'FAIL'} ${target.name}: ${inputs} inputs, ${grown} grown${wrong === undefined ? '' : `; ${wrong}`}`,
    )
  }
  try {
    check()
  } catch (error) {
    good = false
    console.log(`FAIL ${String(error)}`)
  }
  const code = await server.stop()
  if (good && code === 0) server.remove()
  else console.log(`the server ended with ${code}; its data and log are kept in ${server.dir}`)
  return good && code === 0
}

/** Mistakes of a server, made by somebody in front of it. */
const FAULTS: Readonly<Record<string, () => Fault>> = {
  nothing: () => ({}),
  'imap-connection unanswered': () => ({ response: (text) => (/^f\d+ BAD/.test(text) && text.length % 5 === 0 ? [] : [text]) }),
  'imap-connection twice': () => ({ response: (text) => (/^f\d+ OK/.test(text) ? [text, text] : [text]) }),
  'imap-octets rubbish': () => ({ response: (text) => [text.replace(/^\* BAD.*/, '\0')] }),
  'smtp-octets silent': () => ({ response: () => [] }),
  'pop3-octets silent': () => ({ response: (text) => [text.replace('+OK', 'OK')] }),
}

async function planted(): Promise<boolean> {
  let unfound = 0
  const tell = (name: string, { inputs, wrong }: Outcome): void => {
    if (wrong === undefined) unfound++
    console.log(
      `${wrong === undefined ? 'FAIL' : 'ok  '} ${name} after ${inputs} inputs: ${(wrong ?? 'not found').slice(0, 160).replaceAll('\n', ' ')}`,
    )
  }
  let unasked = 0
  /** Who finds something where there is no mistake finds nothing where there is one. */
  const control = async (targets: readonly Target[]): Promise<void> => {
    for (const target of targets) {
      const { wrong } = await fuzz(target, seed, CONTROL_TIME)
      if (wrong === undefined) continue
      unasked++
      console.log(`FAIL ${target.name} without a mistake: ${wrong}`)
    }
  }
  await control(grammars())
  for (const [name, make] of Object.entries(PLANTS)) tell(name, await fuzz(await make(), seed, PLANT_TIME))
  const { server } = await startServer()
  for (const [name, fault] of Object.entries(FAULTS)) {
    const proxies: Proxy[] = []
    const through = async (port: number): Promise<number> => {
      const proxy = await startProxy(port, fault)
      proxies.push(proxy)
      return proxy.port
    }
    const ports = {
      imap: await through(server.ports.imap),
      smtp: await through(server.ports.smtp),
      lmtp: await through(server.portBase + 24),
      pop3: await through(server.ports.pop3),
    }
    const target = connections({ server, login, ports }).find((one) => name.startsWith(one.name))
    if (name === 'nothing') await control(connections({ server, login, ports }))
    if (target !== undefined) tell(name, await fuzz(target, seed, PLANT_TIME))
    for (const proxy of proxies) proxy.close()
  }
  await server.stop()
  server.remove()
  console.log(unfound === 0 ? 'all mistakes found' : `${unfound} mistakes not found`)
  return unfound === 0 && unasked === 0
}

const good = await (values.plants ? planted() : plain())
process.exit(good ? 0 : 1)
