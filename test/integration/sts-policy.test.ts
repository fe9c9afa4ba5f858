/** Our own MTA-STS policy through the whole server, with a certificate beside the main one. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { test } from 'node:test'
import { silentLogger, systemClock } from '@mailstead/base'
import { openTls } from '@mailstead/net'
import { parseStsPolicy } from '@mailstead/outbound'
import { tempDir } from '@mailstead/testkit'
import { site } from './site.ts'

test('a policy is served to the name of a domain, and its records say which one', async (t) => {
  const dir = await tempDir(t)
  const made = await openTls({ dir, hostName: 'mta-sts.example.test', log: silentLogger, clock: systemClock })
  made.close()
  const pem = `${dir}/tls/server.pem`
  const config = `
    host_name = "mx.example.test"
    [mta_sts]
    mode = "enforce"
    max_age = 86400
    [[certificate]]
    cert_file = ${JSON.stringify(pem)}`
  const { server } = await site(t, ['ann'], { config })
  const port = server.facts().listeners.find(({ role }) => role === 'mta-sts')?.port
  const ca = await readFile(`${dir}/ca.pem`, 'utf8')
  const text = await new Promise<string>((resolve, reject) => {
    const host = 'mta-sts.example.test'
    const asked = request({
      host: '127.0.0.1',
      port,
      servername: host,
      path: '/.well-known/mta-sts.txt',
      headers: { host },
      ca,
      agent: false,
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (more: string) => (body += more))
      response.on('end', () => resolve(body))
    })
    asked.end()
  })
  assert.deepEqual(parseStsPolicy(text), { policy: { mode: 'enforce', mx: ['mx.example.test'] }, maxAge: 86_400 })
  const records = await server.admin.records.of('example.test')
  assert.ok(records.some(({ name, line }) => name === '_mta-sts.example.test' && line.includes('v=STSv1; id=')))
  assert.ok(records.some(({ name }) => name === '_25._tcp.mx.example.test'))
  assert.equal(await server.reload(), true)
})
