/** What the benchmark needs of a server: Mailstead, or one of its peers. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export interface Server {
  /** One word, for the command line and the results. */
  readonly name: string
  /** For the reader. */
  readonly title: string
  readonly ports: { readonly smtp: number; readonly imap: number; readonly imaps: number; readonly pop3: number }
  /** printf patterns of names and addresses, and the one password. */
  readonly accounts: { readonly user: string; readonly recipient: string; readonly password: string }
  /** Whether SMTP on `ports.smtp` takes mail for elsewhere only from who logs in. */
  readonly login: boolean
  /** Resolves when it has been started; it may not answer yet. */
  start(): Promise<void>
  stop(): Promise<void>
  /** The processes that all its others descend from. */
  roots(): readonly number[]
  /** Removes what it has worked out from messages and can work out again. No session is open. */
  forget(): Promise<void>
}

/** u0001 … u0420. */
export const ACCOUNTS = 420
export const PASSWORD = 'secret-word'
export const DOMAIN = 'example.test'

export const userName = (n: number): string => `u${String(n).padStart(4, '0')}`

/** The cores that servers and the generator run on. */
export const SERVER_CORE = '0'
export const GENERATOR_CORE = '1'

/** Runs to the end, on the servers' core; throws with its output when it fails. */
export function run(command: string, args: readonly string[], input = ''): string {
  const done = spawnSync('taskset', ['-c', SERVER_CORE, command, ...args], { input, encoding: 'utf8' })
  if (done.error !== undefined) throw done.error
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${done.status}\n${done.stdout}${done.stderr}`)
  return done.stdout
}

/** The same for a command that leaves a process behind, which would keep pipes open. */
export function daemonize(command: string, args: readonly string[]): void {
  const done = spawnSync('taskset', ['-c', SERVER_CORE, command, ...args], { stdio: 'ignore' })
  if (done.error !== undefined) throw done.error
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${done.status}`)
}

/** On the servers' core, not waited for. */
export function launch(
  command: string,
  args: readonly string[],
  log: number,
  env: NodeJS.ProcessEnv = process.env,
): ReturnType<typeof spawn> {
  return spawn('taskset', ['-c', SERVER_CORE, command, ...args], { stdio: ['ignore', log, log], env })
}

export async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(probes.map((probe) => once(probe, 'listening')))
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port)
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')))
  return ports
}

/** Resolves when the port greets, with performance.now() of that moment. */
export async function greeted(port: number, patience = 30_000): Promise<number> {
  for (const end = Date.now() + patience; Date.now() < end; await wait(1)) {
    const at = await new Promise<number | undefined>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      const finish = (value: number | undefined): void => {
        socket.destroy()
        resolve(value)
      }
      socket.once('data', () => finish(performance.now()))
      socket.once('error', () => finish(undefined))
      socket.once('end', () => finish(undefined))
    })
    if (at !== undefined) return at
  }
  throw new Error(`port ${port} does not answer`)
}

/** Started, and every protocol greets: performance.now() of the last greeting. */
export async function up(server: Server): Promise<number> {
  await server.start()
  const { smtp, imap, pop3 } = server.ports
  return Math.max(...(await Promise.all([smtp, imap, pop3].filter((port) => port > 0).map((port) => greeted(port)))))
}

/** Stops each, whatever becomes of the others, and says of which it could not. Their folders have to be there still. */
export async function stopAll(servers: readonly Server[]): Promise<void> {
  const stopped = await Promise.allSettled(servers.map((server) => server.stop()))
  for (const [index, { status, ...rest }] of stopped.entries())
    if (status === 'rejected') console.error(`${servers[index]?.title} was not stopped:`, rest)
}

/** Servers are no children of this process: they have to be stopped when it is told to end. */
export function stopWhenEnded(servers: readonly Server[]): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stopAll(servers).then(() => process.exit(1)))
}
