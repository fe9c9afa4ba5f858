import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { StagedBlob } from '@mailstead/store'
import { collectLogger, ManualClock } from '@mailstead/testkit'
import { reportReader } from '@mailstead/tls-reports'
import { openStore } from './bench.ts'
import { EXAMPLE } from './example.ts'

const OURS = 'company-y.example'

function message(content: Uint8Array, type = 'application/tlsrpt+gzip'): Buffer {
  const body = Buffer.from(content).toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  return Buffer.from(
    [
      'From: sts-reporting@company-x.example',
      'TLS-Report-Domain: company-y.example',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type="tlsrpt"; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'This is an aggregate TLS report.',
      '--b',
      `Content-Type: ${type}`,
      'Content-Transfer-Encoding: base64',
      '',
      body,
      '--b--',
      '',
    ].join('\r\n'),
  )
}

const report = (more: object = {}): Buffer => Buffer.from(JSON.stringify({ ...EXAMPLE, ...more }))

interface Arrival {
  readonly recipient?: string
  readonly signers?: readonly string[]
}

type Case = [name: string, octets: Buffer, arrival: Arrival, kept: number]

const CASES: Case[] = [
  ['as the RFC has it', message(gzipSync(report())), {}, 1],
  ['not compressed', message(report(), 'application/tlsrpt+json'), {}, 1],
  ['of another type', message(gzipSync(report()), 'application/gzip'), {}, 1],
  ['to a tagged address', message(gzipSync(report())), { recipient: `tls-rpt+x@${OURS}` }, 1],
  ['signed below its domain', message(gzipSync(report())), { signers: ['mail.company-x.example'] }, 1],
  ['to somebody else', message(gzipSync(report())), { recipient: `ann@${OURS}` }, 0],
  ['not signed', message(gzipSync(report())), { signers: [] }, 0],
  ['signed by others', message(gzipSync(report())), { signers: ['x.example', 'example', 'mpany-x.example'] }, 0],
  ['no report', message(gzipSync(Buffer.from('{}'))), {}, 0],
  ['cut off', message(gzipSync(report()).subarray(0, 200)), {}, 0],
  ['a bomb', message(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))), {}, 0],
  ['too big', message(Buffer.alloc(600_000, ' '), 'application/tlsrpt+json'), {}, 0],
  ['no multipart', Buffer.from('Subject: hello\r\n\r\nText\r\n'), {}, 0],
]

test('reports in mail to tls-rpt are kept when they are signed by who reports, each once', async (t) => {
  const clock = new ManualClock()
  const store = await openStore(t, clock)
  const { tlsReports: reports } = store
  const isOurs = (domain: string): Promise<boolean> => Promise.resolve(domain === OURS)
  const reader = reportReader({ reports, isOurs, log: collectLogger() })
  const stage = async (octets: Buffer): Promise<StagedBlob> => {
    const writer = store.stores.blobs.stage()
    await writer.write(octets)
    return writer.finish()
  }
  for (const [name, octets, { recipient = `TLS-RPT@${OURS}`, signers = ['company-x.example'] }, kept] of CASES) {
    const blob = await stage(octets)
    const arrival = { recipients: [`bob@${OURS}`, recipient], blob, signers }
    // Twice, as senders do whose first answer got lost.
    for (let time = 0; time < 2; time++) if (reader.wants(arrival)) await reader.read(arrival).catch((error: unknown) => assert.ok(error))
    await blob.release()
    assert.equal((await reports.received({ domain: OURS }, 10)).length, kept, name)
    await reports.forget({ day: 0, arrived: clock.now() + 1 })
  }
  await store.close()
})

test('a report is about the domain of ours that its policies name, or the one that it came to', async (t) => {
  const store = await openStore(t, new ManualClock())
  const { tlsReports: reports } = store
  const reader = reportReader({ reports, isOurs: async (domain) => domain !== 'mx.other.example', log: collectLogger() })
  const [policy] = EXAMPLE.policies
  const about = (domain: string): object => ({ ...policy, policy: { ...policy.policy, 'policy-domain': domain } })
  for (const [id, domains] of [
    ['a', ['one.example']],
    ['b', ['mx.other.example', 'two.example']],
    ['c', ['mx.other.example']],
  ] as const) {
    const writer = store.stores.blobs.stage()
    await writer.write(message(gzipSync(report({ 'report-id': id, policies: domains.map(about) }))))
    const blob = await writer.finish()
    await reader.read({ recipients: ['tls-rpt@home.example'], blob, signers: ['company-x.example'] })
    await blob.release()
  }
  assert.deepEqual((await reports.received({}, 10)).map(({ domain, reportId }) => `${reportId} ${domain}`).sort(), [
    'a one.example',
    'b two.example',
    'c home.example',
  ])
  await store.close()
})
