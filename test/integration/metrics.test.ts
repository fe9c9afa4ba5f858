/** What a server tells of itself while mail flows, held against what was done to it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { dialogue } from './dialogue.ts'
import { site, type Site } from './site.ts'

async function read({ server }: Site): Promise<ReadonlyMap<string, number>> {
  const { metrics } = server.facts()
  assert.ok(metrics)
  const text = await (await fetch(`http://${metrics.host}:${metrics.port}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice('mailstead_'.length, space), Number(line.slice(space + 1))]
    }),
  )
}

const login = (password: string): string => `AUTH PLAIN ${Buffer.from(`\0ann@example.test\0${password}`).toString('base64')}`

/** Nobody listens on port 1. */
const CONFIG = `
  metrics.port = 9464
  outbound.send = true
  [[route]]
  servers = ["127.0.0.1:1"]`

test('metrics tell what was done, while it is done', async (t) => {
  const here = await site(t, ['ann', 'ben'], { config: CONFIG })
  const say = (lines: readonly string[], role: 'submission' | 'mx' = 'submission') =>
    dialogue(here.connect(role), ['EHLO x', ...lines, 'QUIT'])
  const message = (to: string): string[] => [
    'MAIL FROM:<ann@example.test>',
    `RCPT TO:<${to}>`,
    'DATA',
    'From: ann@example.test\r\n\r\nx\r\n.',
  ]
  await Promise.all([1, 2, 3].map(() => say([login('secret'), ...message('ben@example.test')])))
  await say([login('wrong')])
  await say([
    login('secret'),
    ...message('ben@example.test').slice(0, 1),
    'RCPT TO:<nobody@example.test>',
    'RSET',
    ...message('bob@far.test'),
  ])
  await say(['MAIL FROM:<x@far.test>', 'RCPT TO:<y@far.test>'], 'mx')
  const imaps = here.server.facts().listeners.find(({ role }) => role === 'imaps')?.port ?? 0
  const socket = connectTls({ port: imaps, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'data')

  for (let patience = 200; ((await read(here)).get('attempts_total{result="deferred"}') ?? 0) < 1; patience--) {
    assert.ok(patience > 0, 'no attempt')
    await wait(25)
  }
  const figures = await read(here)
  socket.destroy()
  const expected: Readonly<Record<string, number>> = {
    'sessions_total{role="submission"}': 5,
    'sessions_total{role="mx"}': 1,
    'sessions_total{role="imaps"}': 1,
    'tls_handshakes_total{version="TLSv1.3"}': 1,
    'logins_total{protocol="smtp"}': 4,
    'logins_refused_total{reason="bad-credentials"}': 1,
    'messages_accepted_total{protocol="ESMTPA"}': 4,
    deliveries_total: 3,
    recipients_queued_total: 1,
    'recipients_refused_total{reason="unknown"}': 1,
    'recipients_refused_total{reason="elsewhere"}': 1,
    'smtp_refusals_total{class="5"}': 3,
    'attempts_total{result="deferred"}': 1,
    destinations_unreached_total: 1,
    messages_not_kept_total: 0,
  }
  for (const [name, value] of Object.entries(expected)) assert.equal(figures.get(name), value, name)
  assert.equal(figures.get('open_sessions{role="imaps"}'), 1)
  // What is looked at may be some seconds old.
  for (const name of ['store_commits_total', 'store_acts_total', 'store_database_bytes', 'cpu_seconds_total', 'memory_bytes{kind="rss"}'])
    assert.ok((figures.get(name) ?? 0) > 0, name)
  assert.ok(figures.has('queue_recipients') && figures.has('event_loop_delay_seconds{quantile="0.99"}'))
})

test('nothing is counted unless it is asked for', async (t) => {
  const here = await site(t, [])
  assert.equal(here.server.facts().metrics, undefined)
})
