import assert from 'node:assert/strict'
import type { Check } from './check.ts'
import { execute, run } from './execute.ts'
import { compose, type Message, trace, withLf } from './message.ts'
import { PASSWORD, type Site } from './site.ts'

const FROM = 'peer@elsewhere.test'
const HOST = 'localhost'

/** swaks with a message, to the MX unless `more` says otherwise. */
async function swaks(site: Site, message: Message, more: readonly string[]): Promise<string> {
  // It ends each message with a line end of its own.
  const data = site.file(`${message.token}.eml`, message.octets.subarray(0, -2))
  const server = more.includes('--server') ? [] : ['--server', `${HOST}:${site.server.ports.smtp}`]
  return run('swaks', [...server, '--helo', 'swaks.peers.test', '--from', FROM, '--data', `@${data}`, ...more])
}

const verified = (site: Site): string[] => ['--tls', '--tls-verify', '--tls-ca-path', site.caFile]

export const clientChecks: readonly Check[] = [
  {
    name: 'swaks: STARTTLS with a server it knows',
    programs: ['swaks'],
    async run({ site }) {
      const message = compose({ eightBit: true })
      const to = site.account()
      await swaks(site, message, ['--to', to, ...verified(site)])
      assert.match(trace((await site.received(to))[0], message), /with ESMTPS/)
      return undefined
    },
  },
  {
    name: 'swaks: PIPELINING, with many recipients and the null sender',
    programs: ['swaks'],
    async run({ site }) {
      const message = compose()
      const { addresses } = site.crowd()
      const said = await swaks(site, message, ['--to', addresses.join(','), '--from', '<>', '--pipeline'])
      assert.match(said, / -> MAIL FROM:<>\r?\n -> RCPT TO:[^]*\n -> DATA\r?\n<- /, 'not in one piece')
      for (const address of addresses) assert.match(trace((await site.received(address))[0], message), /^Return-Path: <>/)
      return undefined
    },
  },
  {
    name: 'swaks: LMTP, with one recipient that is unknown',
    programs: ['swaks'],
    async run({ site }) {
      const message = compose()
      const [one, two] = [site.account(), site.account()]
      const to = ['--protocol', 'LMTP', '--server', `${HOST}:${site.lmtpPort}`, '--to', [one, 'nobody@peers.test', two].join(',')]
      const said = await swaks(site, message, to)
      assert.match(said, /<\*\* 550 5\.1\.1/)
      assert.equal(said.match(/^<- +250 2\.0\.0 <.*Queued/gm)?.length, 2, 'an answer for each recipient')
      for (const address of [one, two]) trace((await site.received(address))[0], message)
      return undefined
    },
  },
  ...['starttls', 'tls'].map((way): Check => ({
    name: `msmtp: submission by ${way}, logged in`,
    programs: ['msmtp'],
    async run({ site }) {
      const [from, to] = [site.account(), site.account()]
      const message = compose({ eightBit: true })
      const own = { ...message, octets: Buffer.from(message.octets.toString().replace(FROM, from)) }
      const { submission, submissions } = site.server.ports
      const port = way === 'tls' ? ['--port', String(submissions), '--tls-starttls=off'] : ['--port', String(submission)]
      await msmtp(site, own, [...port, ...loginOf(site, own, from), `--from=${from}`, to])
      assert.match(trace((await site.received(to))[0], own), /with ESMTPSA/)
      return undefined
    },
  })),
  {
    name: 'msmtp: to the MX, encrypted',
    programs: ['msmtp'],
    async run({ site }) {
      const message = compose()
      const to = [site.account(), site.account()]
      await msmtp(site, message, ['--port', String(site.server.ports.smtp), `--from=${FROM}`, ...to])
      for (const address of to) assert.match(trace((await site.received(address))[0], message), /with ESMTPS/)
      return undefined
    },
  },
  {
    name: 'msmtp: a report of success (DSN)',
    programs: ['msmtp'],
    async run({ site }) {
      const { submissions } = site.server.ports
      if (!(await site.offers('DSN', submissions))) return 'the server does not offer it'
      const [from, to] = [site.account(), site.account()]
      const message = compose()
      const own = { ...message, octets: Buffer.from(message.octets.toString().replace(FROM, from)) }
      const asks = ['--dsn-notify=success,failure', '--dsn-return=headers']
      await msmtp(site, own, [
        '--port',
        String(submissions),
        '--tls-starttls=off',
        ...loginOf(site, own, from),
        ...asks,
        `--from=${from}`,
        to,
      ])
      trace((await site.received(to))[0], own)
      const [report = ''] = await site.received(from)
      assert.match(report, /^Return-Path: <>\r\n/)
      assert.match(report, new RegExp(`Final-Recipient: rfc822; *${to}\\r\\nAction: delivered\\r\\n`, 'i'))
      return undefined
    },
  },
  {
    name: 'curl: STARTTLS, eight MiB',
    programs: ['curl'],
    async run({ site }) {
      const message = compose({ size: 8 * 2 ** 20 })
      const to = site.account()
      await curl(site, message, [`smtp://${HOST}:${site.server.ports.smtp}/curl.peers.test`, '--mail-rcpt', to])
      assert.match(trace((await site.received(to))[0], message), /with ESMTPS/)
      return undefined
    },
  },
  {
    name: 'curl: an address of Cyrillic letters (SMTPUTF8)',
    programs: ['curl'],
    async run({ site }) {
      const message = compose({ eightBit: true, utf8: true })
      const to = site.cyrillicAccount()
      await curl(site, message, [`smtp://${HOST}:${site.server.ports.smtp}/curl.peers.test`, '--mail-rcpt', to])
      assert.match(trace((await site.received(to))[0], message), /with UTF8SMTPS/)
      return undefined
    },
  },
  {
    name: 'smtp-source: 200 messages by ten connections',
    programs: ['smtp-source'],
    async run({ site }) {
      const to = site.account()
      await run('smtp-source', ['-s', '10', '-m', '200', '-l', '4000', '-f', FROM, '-t', to, `${HOST}:${site.server.ports.smtp}`])
      const messages = await site.received(to, 200)
      const texts = new Set(messages.map((message) => message.slice(message.indexOf('\r\n\r\n') + 4)))
      assert.equal(texts.size, 1, 'the texts differ')
      // As many as it was told to send, and an empty line.
      assert.equal([...texts].join().length, 4002)
      assert.doesNotMatch([...texts].join(), /[^X\d\r\n]/)
      return undefined
    },
  },
  {
    name: 'smtp-source: one message to many',
    programs: ['smtp-source'],
    async run({ site }) {
      const { name, addresses } = site.crowd()
      const args = ['-m', '1', '-r', String(addresses.length), '-f', FROM, '-t', name]
      await run('smtp-source', [...args, `${HOST}:${site.server.ports.smtp}`])
      for (const address of addresses) assert.match((await site.received(address)).join(), /La de da de da 4\.\r\n$/)
      return undefined
    },
  },
]

async function msmtp(site: Site, message: Message, more: readonly string[]): Promise<void> {
  const trust = ['--tls=on', `--tls-trust-file=${site.caFile}`]
  await run('msmtp', ['--host', HOST, ...trust, ...more], { input: withLf(message) })
}

function loginOf(site: Site, { token }: Message, user: string): string[] {
  const password = site.file(`${token}.password`, `${PASSWORD}\n`)
  return ['--auth=plain', `--user=${user}`, `--passwordeval=cat ${password}`]
}

async function curl(site: Site, message: Message, more: readonly string[]): Promise<void> {
  const upload = site.file(`${message.token}.eml`, message.octets)
  const args = ['--silent', '--show-error', '--ssl-reqd', '--cacert', site.caFile, '--mail-from', FROM, '--upload-file', upload, ...more]
  const { status, output } = await execute('curl', args, { env: { LC_ALL: 'C.UTF-8' } })
  assert.equal(status, 0, output)
}
