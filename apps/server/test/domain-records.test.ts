import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { X509Certificate, createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { AccountError, type DomainKeyAdmin, type KeyFacts } from '@mailstead/accounts'
import { silentLogger, systemClock } from '@mailstead/base'
import { parseConfig } from '@mailstead/config'
import { openTls } from '@mailstead/net'
import { tempDir } from '@mailstead/testkit'
import { domainRecords } from '../src/domain-records.ts'

const KEY = {
  record: { name: 's1._domainkey.example.org', value: 'v=DKIM1; p=x', line: 's1._domainkey.example.org. IN TXT ( "v=DKIM1; p=x" )' },
} as KeyFacts

const keys: Pick<DomainKeyAdmin, 'show'> = {
  show: (domain) =>
    /^(example\.org|bücher\.example)$/.test(domain) ? Promise.resolve([KEY]) : Promise.reject(new AccountError('domain-not-found', 'no')),
}

async function lines(dir: string, domain: string, toml = ''): Promise<string[]> {
  const { config } = parseConfig(`host_name = "mx.example.org"\n${toml}`, 'm.toml')
  return (await domainRecords(config, dir, keys).of(domain)).map(({ line }) => line)
}

const STS = '[mta_sts]\nmode = "testing"\nmx = ["mx.example.org", "*.example.net"]\n'

test('the records of a domain follow from the configuration', async (t) => {
  assert.deepEqual(await lines(await tempDir(t), 'example.org'), [
    'example.org. IN MX 10 mx.example.org.',
    'example.org. IN TXT "v=spf1 mx -all"',
    'mx.example.org. IN TXT "v=spf1 a -all"',
    '_dmarc.example.org. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.org"',
    KEY.record.line,
    '_smtp._tls.example.org. IN TXT "v=TLSRPTv1; rua=mailto:tls-rpt@example.org"',
    '_submissions._tcp.example.org. IN SRV 0 1 465 mx.example.org.',
    '_submission._tcp.example.org. IN SRV 10 1 587 mx.example.org.',
    '_imaps._tcp.example.org. IN SRV 0 1 993 mx.example.org.',
    '_imap._tcp.example.org. IN SRV 10 1 143 mx.example.org.',
    '_pop3s._tcp.example.org. IN SRV 20 1 995 mx.example.org.',
    '_pop3._tcp.example.org. IN SRV 30 1 110 mx.example.org.',
  ])
})

test('services that are off are not named, domains are in A-labels, and those of others are none', async (t) => {
  const dir = await tempDir(t)
  const without = await lines(dir, 'bücher.example', '[ports]\npop3 = 0\npop3s = 0\nimap = 0\nsubmission = 0\n')
  assert.deepEqual(
    without.filter((line) => line.includes('SRV')),
    [
      '_submissions._tcp.xn--bcher-kva.example. IN SRV 0 1 465 mx.example.org.',
      '_imaps._tcp.xn--bcher-kva.example. IN SRV 0 1 993 mx.example.org.',
    ],
  )
  await assert.rejects(lines(dir, 'far.example'), AccountError)
})

test('a policy has a record, with another id when it is another', async (t) => {
  const dir = await tempDir(t)
  const sts = async (toml: string): Promise<string[]> => (await lines(dir, 'example.org', toml)).filter((line) => /mta-sts/.test(line))
  const [host, record] = await sts(STS)
  assert.equal(host, 'mta-sts.example.org. IN CNAME mx.example.org.')
  assert.match(record ?? '', /^_mta-sts\.example\.org\. IN TXT "v=STSv1; id=[0-9a-f]{24};"$/)
  assert.equal((await sts(STS))[1], record)
  assert.notEqual((await sts(STS.replace('testing', 'enforce')))[1], record)
  assert.deepEqual(await sts(''), [])
})

test('the key of the certificate is there once there is one', async (t: TestContext) => {
  const dir = await tempDir(t)
  await mkdir(`${dir}/tls`, { recursive: true })
  const tls = await openTls({ dir, hostName: 'mx.example.org', log: silentLogger, clock: systemClock })
  tls.close()
  const leaf = new X509Certificate(await readFile(`${dir}/tls/server.pem`))
  const digest = createHash('sha256')
    .update(leaf.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
  assert.ok((await lines(dir, 'example.org')).includes(`_25._tcp.mx.example.org. IN TLSA 3 1 1 ${digest}`))
})
