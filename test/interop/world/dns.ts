import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createResolver } from '@mailstead/resolver'
import { systemClock } from '@mailstead/base'
import { programPath, run } from '../peers/execute.ts'
import type { Addresses } from './addresses.ts'

/** All names of the world end in it. Its key is the trust anchor of the resolver. */
export const ROOT = 'test'

/**
 * How far DNSSEC vouches for a zone: it holds its own signatures and its parent knows its key; its parent says that it has none; its parent
 * knows another key; or its servers do not answer.
 */
export type ZoneKind = 'secure' | 'insecure' | 'bogus' | 'silent'

/** What of DNS differs from world to world. */
export interface Names {
  /** Zones besides the root, which is secure. */
  readonly zones: ReadonlyMap<string, ZoneKind>
  /** `owner TYPE data`, with full names without the last dot. Each stands in the zone whose name is its longest end. */
  readonly records: readonly string[]
}

export interface Dns {
  /** A file like /etc/resolv.conf that leads here. */
  readonly resolvConf: string
  log(): string
  stop(): Promise<void>
}

const TTL = 300
/** ms to its first answer. */
const START_TIME = 10_000

/** A validating resolver (unbound) which holds all zones itself. `further`: addresses of this machine besides, each with `@` and a port. */
export async function makeDns(parent: string, addresses: Addresses, names: Names, further: readonly string[]): Promise<Dns> {
  const dir = join(parent, 'dns')
  mkdirSync(dir)
  const zones = new Map<string, ZoneKind>([[ROOT, 'secure'], ...names.zones])
  const anchor = await writeZones(dir, addresses, zones, names.records)
  const config = join(dir, 'unbound.conf')
  writeFileSync(config, configuration(dir, addresses, zones, anchor, further))
  const resolvConf = join(dir, 'resolv.conf')
  writeFileSync(resolvConf, `nameserver ${addresses.dns}\n`, { mode: 0o644 })
  const silent = createSocket('udp4')
  silent.bind(53, addresses.silent)
  await once(silent, 'listening')
  const log = join(dir, 'log')
  const child = spawn(programPath('unbound') ?? 'unbound', ['-d', '-c', config], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    silent.close()
  }
  await answers(addresses).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { resolvConf, log: () => readFileSync(log, 'utf8'), stop }
}

async function answers({ dns }: Addresses): Promise<void> {
  const end = Date.now() + START_TIME
  for (;;) {
    const resolver = createResolver({ servers: [{ address: dns, port: 53 }], clock: systemClock, serverTime: 500 })
    const answer = await resolver.look('A', `ns.${ROOT}`)
    if (answer.kind === 'records' && answer.authenticated) return
    if (Date.now() > end) throw new Error(`unbound does not answer as it should: ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The file of each zone, signed where there is something to sign; gives back the file with the trust anchor. */
async function writeZones(
  dir: string,
  { dns, silent }: Addresses,
  zones: ReadonlyMap<string, ZoneKind>,
  records: readonly string[],
): Promise<string> {
  const lines = new Map([...zones.keys()].map((zone): [string, string[]] => [zone, []]))
  const put = (owner: string, rest: string): void => void lines.get(zoneOf(owner, zones))?.push(`${owner}. ${TTL} ${rest}`)
  put(`ns.${ROOT}`, `A ${dns}`)
  put(`silent.${ROOT}`, `A ${silent}`)
  for (const record of records) {
    const [, owner = '', rest = ''] = /^(\S+) (.*)$/.exec(record) ?? []
    put(owner, dotted(rest))
  }
  let anchor = ''
  // The parents come last: they hold what their children's keys are.
  for (const [zone, kind] of [...zones].sort(([a], [b]) => b.length - a.length)) {
    const own = lines.get(zone) ?? []
    const above = lines.get(zoneOf(zone.slice(zone.indexOf('.') + 1), zones))
    const server = kind === 'silent' ? `silent.${ROOT}.` : `ns.${ROOT}.`
    if (zone !== ROOT) above?.push(`${zone}. ${TTL} NS ${server}`)
    const file = join(dir, `${zone}.zone`)
    const head = [`${zone}. ${TTL} SOA ns.${ROOT}. hostmaster.${ROOT}. 1 3600 600 86400 60`, `${zone}. ${TTL} NS ${server}`]
    writeFileSync(file, `${[...head, ...own].join('\n')}\n`)
    if (kind === 'insecure' || kind === 'silent') continue
    const [key, other] = [await makeKey(dir, zone), kind === 'bogus' ? await makeKey(dir, zone) : undefined]
    await run('ldns-signzone', ['-o', `${zone}.`, '-f', file, file, join(dir, key)])
    const known = join(dir, `${other ?? key}.ds`)
    if (zone === ROOT) anchor = known
    else above?.push(readFileSync(known, 'utf8').trim())
  }
  const root = `. ${TTL} SOA ns.${ROOT}. hostmaster.${ROOT}. 1 3600 600 86400 60\n. ${TTL} NS ns.${ROOT}.\n${ROOT}. ${TTL} NS ns.${ROOT}.\n`
  writeFileSync(join(dir, 'root.zone'), root)
  return anchor
}

function zoneOf(owner: string, zones: ReadonlyMap<string, ZoneKind>): string {
  for (let name = owner; name !== ''; name = name.includes('.') ? name.slice(name.indexOf('.') + 1) : '') if (zones.has(name)) return name
  throw new Error(`${owner} is in no zone of this world`)
}

/** Names in data get the dot that ends them. */
const dotted = (rest: string): string => (/^(?:MX|CNAME|NS) /.test(rest) && !rest.endsWith('.') ? `${rest}.` : rest)

/** The name of its files, but for their ends. */
async function makeKey(dir: string, zone: string): Promise<string> {
  const made = await run('sh', ['-c', 'cd "$0" && ldns-keygen -a ECDSAP256SHA256 -k "$1" 2>/dev/null', dir, `${zone}.`])
  return made.trim()
}

function configuration(
  dir: string,
  { dns, silent }: Addresses,
  zones: ReadonlyMap<string, ZoneKind>,
  anchor: string,
  further: readonly string[],
): string {
  const held = [...zones].filter(([, kind]) => kind !== 'silent').map(([zone]) => zone)
  const auth = (zone: string, file: string): string => `auth-zone:
  name: "${zone}"
  zonefile: "${join(dir, file)}"
  for-downstream: no
  for-upstream: yes
  fallback-enabled: no
`
  const stubs = [...zones]
    .filter(([, kind]) => kind === 'silent')
    .map(([zone]) => `stub-zone:\n  name: "${zone}."\n  stub-addr: ${silent}\n`)
  // Others than loopback it answers to this machine alone.
  const itself = further.map((address) => `  access-control: ${address.replace(/@.*/, '')}/32 allow\n`)
  return `server:
${[dns, ...further].map((address) => `  interface: ${address}\n`).join('')}${itself.join('')}  do-ip6: no
  chroot: ""
  username: ""
  directory: "${dir}"
  pidfile: "${join(dir, 'pid')}"
  logfile: "${join(dir, 'log')}"
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: "${anchor}"
  trust-anchor-signaling: no
  val-log-level: 2
  local-zone: "${ROOT}." nodefault
remote-control:
  control-enable: no
${auth('.', 'root.zone')}${held.map((zone) => auth(`${zone}.`, `${zone}.zone`)).join('')}${stubs.join('')}`
}
