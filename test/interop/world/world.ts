import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
import { makeStsResolver, type StsResolver } from './sts-resolver.ts'
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
  /** What Postfix sees policies by; `undefined`: it is not installed. */
  readonly sts: StsResolver | undefined
  /** How long mail may take (ms). */
  readonly patience: number
  /** The same resolver at an address that is not on loopback, where this machine has one. */
  readonly outside: string | undefined
  /** One more Mailstead, which asks another resolver. */
  another(label: 'c' | 'd', dns: { readonly dns: readonly string[]; readonly trusted: boolean }): Promise<Mailstead>
  stop(): Promise<void>
}

const NUMBERS = { a: 1, b: 2, p: 3, e: 4, c: 5, d: 6 } as const
const OUTSIDE_PORT = 20_000 + Math.floor(Math.random() * 10_000)

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
    const ours = async (label: 'a' | 'b' | 'c' | 'd') => ({
      label,
      addresses: addresses.server(NUMBERS[label]),
      dns: [addresses.dns],
      policies: await authority.issue(
        `policies.${label}.test`,
        ['', 'sts.', 'lost.'].map((name) => `mta-sts.${name}${label}.test`),
      ),
    })
    const [ann, ben] = await all(
      makeMailstead({ ...common, ...(await ours('a')), name: 'Mailstead A' }).then(started),
      makeMailstead({ ...common, ...(await ours('b')), name: 'Mailstead B' }).then(started),
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
    const outside = outsideAddress()
    const dns = started(await makeDns(dir, addresses, names, outside === undefined ? [] : [`${outside}@${OUTSIDE_PORT}`]))
    const known = join(dir, 'known.pem')
    writeFileSync(known, [authority.file, ann.caFile, ben.caFile].map((file) => readFileSync(file, 'utf8')).join(''), { mode: 0o644 })
    const sts = await makeStsResolver(dir, addresses, authority.file)
    if (sts !== undefined) started(sts)
    const theirs = { dir, caFile: known, resolvConf: dns.resolvConf }
    const [postfix, exim] = await all(
      makePostfix({ ...theirs, ...setting('Postfix', 'p', addresses, papers.p), policies: sts?.table ?? '' }).then(started),
      makeExim({ ...theirs, ...setting('Exim', 'e', addresses, papers.e) }).then(started),
    )
    return {
      addresses,
      ann,
      ben,
      postfix,
      exim,
      parties: [ann, ben, postfix, exim],
      dns,
      sts,
      patience,
      outside: outside === undefined ? undefined : `${outside}:${OUTSIDE_PORT}`,
      another: async (label, dnsAt) =>
        started(await makeMailstead({ ...common, ...(await ours(label)), ...dnsAt, name: `Mailstead ${label.toUpperCase()}` })),
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
