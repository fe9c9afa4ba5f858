/**
 * Our MTA-STS policy, read by the program that many Postfixes ask: Debian's postfix-mta-sts-resolver. It finds the records that `domain records`
 * prints in a name server of this test, and fetches from a real server on port 443 of a loopback address.
 *
 *   npm run interop:policy
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger, systemClock } from '@mailstead/base'
import { parseConfig } from '@mailstead/config'
import { openTls } from '@mailstead/net'
import { compose, type DnsRecord, type MailServer } from '@mailstead/server'
import { fakeServer, type Said } from '../../../packages/resolver/test/server.ts'
import { noDaemon, startDaemon } from './daemon.ts'

/** Nobody else's on this machine. */
const ADDRESS = '127.73.61.1'
const DAEMON_PORT = 8461
const DOMAIN = 'example.test'

interface Case {
  readonly name: string
  /** Of `[mta_sts]`. */
  readonly policy: string
  /** Whose certificate is served. */
  readonly certificate?: string
  /** As Postfix hears it. */
  readonly expected: RegExp
}

const CASES: readonly Case[] = [
  { name: 'enforced', policy: 'mode = "enforce"', expected: /^OK secure match=mx\.example\.test servername=hostname$/ },
  {
    name: 'enforced, of several servers',
    policy: 'mode = "enforce"\nmx = ["mx.example.test", "*.example.net"]',
    expected: /^OK secure match=(?=.*mx\.example\.test)(?=.*\.example\.net)/,
  },
  { name: 'tested', policy: 'mode = "testing"', expected: /^NOTFOUND / },
  { name: 'none', policy: 'mode = "none"', expected: /^NOTFOUND / },
  { name: 'for another name', policy: 'mode = "enforce"', certificate: 'mta-sts.other.test', expected: /^NOTFOUND / },
]

const excuse = noDaemon()
if (excuse !== undefined) {
  console.log(`skip: ${excuse}`)
  process.exit(0)
}

let failures = 0
for (const each of CASES) {
  const heard = await judge(each).catch((error: unknown) => `failed: ${error instanceof Error ? error.message : String(error)}`)
  const good = each.expected.test(heard)
  if (!good) failures++
  console.log(`${good ? 'ok  ' : 'FAIL'}  ${each.name}: ${heard}`)
}
process.exit(failures === 0 ? 0 : 1)

/** What the daemon makes of the policy. */
async function judge({ policy, certificate = `mta-sts.${DOMAIN}` }: Case): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'mailstead-policy-'))
  const endings: (() => unknown)[] = [() => rmSync(dir, { recursive: true })]
  try {
    const made = await openTls({ dir, hostName: certificate, log: silentLogger, clock: systemClock })
    made.close()
    const server = await start(dir, policy)
    endings.push(() => server.stop())
    const zone = zoneOf(await server.admin.records.of(DOMAIN))
    const says = (question: string): Said[] => [zone.get(question) ?? { rcode: question.startsWith('AAAA') ? 'NOERROR' : 'NXDOMAIN' }]
    await fakeServer({ after: (ending) => void endings.push(ending as () => unknown) }, says, { address: ADDRESS, port: 53 })
    const daemon = await startDaemon({ dir, address: ADDRESS, port: DAEMON_PORT, authorities: join(dir, 'ca.pem') })
    endings.push(() => daemon.stop())
    return await daemon.ask(DOMAIN)
  } finally {
    for (const ending of endings.toReversed()) await ending()
  }
}

async function start(dir: string, policy: string): Promise<MailServer> {
  const lines = [
    `host_name = "mx.${DOMAIN}"`,
    `data_dir = ${JSON.stringify(join(dir, 'data'))}`,
    `listen.addresses = ["${ADDRESS}"]`,
    'outbound.send = false',
    '[[certificate]]',
    `cert_file = ${JSON.stringify(join(dir, 'tls', 'server.pem'))}`,
    '[mta_sts]',
    policy,
  ]
  const server = await compose(parseConfig(lines.join('\n'), 'policy.toml').config, { log: silentLogger })
  try {
    await server.admin.accounts.addDomain(DOMAIN)
    await server.start()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** What a name server says that has the records, and knows the address of the host. */
function zoneOf(records: readonly DnsRecord[]): Map<string, Said> {
  const host = `mx.${DOMAIN}`
  const zone = new Map<string, Said>([[`A ${host}`, { answers: [{ type: 'A', name: host, ttl: 60, data: ADDRESS }] }]])
  for (const { name, type, line } of records) {
    const [, text = ''] = /"([^"]*)"/.exec(line) ?? []
    if (type === 'TXT') zone.set(`TXT ${name}`, { answers: [{ type: 'TXT', name, ttl: 60, data: text }] })
    if (type !== 'CNAME') continue
    const alias = { type: 'CNAME', name, ttl: 60, data: host } as const
    zone.set(`A ${name}`, { answers: [alias, { type: 'A', name: host, ttl: 60, data: ADDRESS }] })
    zone.set(`AAAA ${name}`, { answers: [alias] })
  }
  return zone
}
