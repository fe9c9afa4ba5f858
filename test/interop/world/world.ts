import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { programPath } from '../peers/execute.ts'
import { noExim } from '../peers/exim.ts'
import { freeNetwork, type Addresses } from './addresses.ts'
import { makeAuthority, type Authority, type Issued } from './certificates.ts'
import { makeDns, type Dns } from './dns.ts'
import { makeExim } from './exim.ts'
import { makeMailstead, type Mailstead } from './mailstead.ts'
import { namesOf } from './names.ts'
import type { Party } from './party.ts'
import { servePolicies } from './policies.ts'
import { makePostfix } from './postfix.ts'

/** Two Mailsteads, a Postfix and an Exim that know each other by nothing but DNS. */
export interface World {
  readonly addresses: Addresses
  readonly ann: Mailstead
  readonly ben: Mailstead
  readonly postfix: Party
  readonly exim: Party
  readonly parties: readonly Party[]
  readonly dns: Dns
  /** How long mail may take (ms). */
  readonly patience: number
  /** A folder that everybody may read. */
  readonly dir: string
  stop(): Promise<void>
}

const NUMBERS = { a: 1, b: 2, p: 3, e: 4 } as const

/** The certificates of a server that is no Mailstead, which makes its own. */
export interface Papers {
  readonly right: Issued
  /** Of an authority that nobody knows. */
  readonly foreign: Issued
}

export interface WorldOptions {
  readonly patience?: number
}

/** Why there can be no world here. */
export function noWorld(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'Postfix and Exim start as root only'
  const missing = ['postfix', 'unbound', 'ldns-signzone', 'ldns-keygen', 'openssl'].filter((program) => programPath(program) === undefined)
  return missing.length > 0 ? `${missing.join(', ')} is not installed` : noExim()
}

export async function makeWorld({ patience = 30_000 }: WorldOptions = {}): Promise<World> {
  const addresses = await freeNetwork()
  assert.ok(addresses, 'something of this machine listens on port 25, 53 or 443 of every address')
  const dir = mkdtempSync(join(tmpdir(), 'world-'))
  chmodSync(dir, 0o755)
  const running: { stop(): Promise<void> }[] = []
  const started = <T extends { stop(): Promise<void> }>(one: T): T => {
    running.push(one)
    return one
  }
  const stop = async (): Promise<void> => {
    for (const one of running.reverse()) await one.stop()
  }
  try {
    const authority = await makeAuthority(dir, 'authority')
    const stranger = await makeAuthority(dir, 'stranger')
    const common = { dir, caFile: authority.file }
    const dnsAt = { dns: [addresses.dns] }
    const [ann, ben] = await all(
      makeMailstead({ ...common, ...dnsAt, name: 'Mailstead A', label: 'a', addresses: addresses.server(NUMBERS.a) }).then(started),
      makeMailstead({ ...common, ...dnsAt, name: 'Mailstead B', label: 'b', addresses: addresses.server(NUMBERS.b) }).then(started),
    )
    const papers = { p: await papersOf('p', authority, stranger), e: await papersOf('e', authority, stranger) }
    const others = (['p', 'e'] as const).map((label) => ({
      label,
      addresses: addresses.server(NUMBERS[label]),
      leaf: papers[label].right.leaf,
      authority: authority.certificate,
    }))
    const mapped = [ann, ben, ...others.map((other) => ({ ...other, certificate: other.leaf }))]
    const names = namesOf(mapped, others, addresses)
    started(await servePolicies(addresses.policies, others, authority, stranger))
    const dns = started(await makeDns(dir, addresses, names, []))
    const outside = { ...common, resolvConf: dns.resolvConf }
    const [postfix, exim] = await all(
      makePostfix({ ...outside, ...setting('Postfix', 'p', addresses, papers.p), policies: '' }).then(started),
      makeExim({ ...outside, ...setting('Exim', 'e', addresses, papers.e) }).then(started),
    )
    return {
      addresses,
      ann,
      ben,
      postfix,
      exim,
      parties: [ann, ben, postfix, exim],
      dns,
      patience,
      dir,
      async stop() {
        await stop()
        if (process.env['MAILSTEAD_KEEP'] === undefined) rmSync(dir, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Both, or what went wrong with one of them once the other is there too, to be stopped. */
async function all<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other])
  return Promise.all([one, other])
}

async function papersOf(label: string, authority: Authority, stranger: Authority): Promise<Papers> {
  return {
    right: await authority.issue(`mx.${label}.test`, [`mx.${label}.test`, `*.ok.${label}.test`]),
    foreign: await stranger.issue(`foreign.${label}.test`, [`mx.${label}.test`, `*.ok.${label}.test`]),
  }
}

function setting(name: string, label: 'p' | 'e', addresses: Addresses, { right, foreign }: Papers) {
  return { name, label, addresses: addresses.server(NUMBERS[label]), certificate: right, foreign }
}

/** An IPv4 address of this machine that is not on loopback. */
export function outsideAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}
