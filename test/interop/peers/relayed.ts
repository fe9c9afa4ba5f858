import assert from 'node:assert/strict'
import type { Check, Peers } from './check.ts'
import { compose, trace } from './message.ts'
import { noExim } from './exim.ts'
import { noPostfix } from './postfix.ts'
import type { Relay, Way } from './relay.ts'
import { RELAY, type Site } from './site.ts'
import type { Letter } from './submit.ts'

const FROM = 'peer@elsewhere.test'

/** Sends, waits, and gives what stands before the message that was received. */
async function carried(site: Site, relay: Relay, way: Way, letter: Letter): Promise<string> {
  await relay.send(way, { from: FROM, ...letter })
  const [received] = await site.received(letter.to[0] ?? '')
  return trace(received, letter.message)
}

interface Scene {
  readonly site: Site
  readonly relay: Relay
  readonly peers: Peers
  /** The session in which mail to the address was taken, as the server wrote it down. */
  readonly session: (address: string) => string
}

const CHECKS: Readonly<Record<string, (scene: Scene) => Promise<string | undefined>>> = {
  async 'TLS where it is offered'({ site, relay }) {
    const before = await carried(site, relay, 'may', { message: compose(), to: [site.account()] })
    assert.match(before, /with ESMTPS/, 'was not encrypted')
    return undefined
  },
  async 'TLS with a server it knows'({ site, relay }) {
    const before = await carried(site, relay, 'verified', { message: compose(), to: [site.account()] })
    assert.match(before, /with ESMTPS/, 'was not encrypted')
    assert.match(relay.log(), /Verified TLS connection established|CV=yes/)
    return undefined
  },
  async 'commands in one piece'({ site, relay, peers }) {
    const message = compose()
    await carried(site, relay, 'clear', { message, to: [site.account()] })
    const [pieces = []] = peers.pieces.of(message.token)
    assert.ok(
      pieces.some((piece) => /MAIL FROM:[^]*RCPT TO:[^]*(?:DATA|BDAT)/.test(piece)),
      'one at a time',
    )
    return undefined
  },
  async 'chunks (CHUNKING)'({ site, relay, session }) {
    if (relay.name === 'Postfix') return 'it takes messages by BDAT, and sends none so'
    const to = site.account()
    await carried(site, relay, 'may', { message: compose({ size: 200_000 }), to: [to] })
    assert.match(session(to), /^C: BDAT \d+ LAST$/m)
    return undefined
  },
  async 'octets above 127 (8BITMIME)'({ site, relay, session }) {
    const to = site.account()
    await carried(site, relay, 'may', { message: compose({ eightBit: true }), to: [to], mailParameters: ' BODY=8BITMIME' })
    // Exim sends such octets without a word.
    if (relay.name === 'Postfix') assert.match(session(to), /^C: MAIL FROM:.* BODY=8BITMIME/m)
    return undefined
  },
  async 'an address of Cyrillic letters (SMTPUTF8)'({ site, relay, session }) {
    const message = compose({ eightBit: true, utf8: true })
    const to = site.cyrillicAccount()
    const letter = { message, from: 'отправитель@elsewhere.test', to: [to] }
    const before = await carried(site, relay, 'may', { ...letter, mailParameters: ' BODY=8BITMIME SMTPUTF8' })
    assert.match(before, /with UTF8SMTPS/)
    assert.match(session(to), /^C: MAIL FROM:<отправитель@elsewhere\.test>.* SMTPUTF8/m)
    return undefined
  },
  async 'twelve MiB'({ site, relay }) {
    await carried(site, relay, 'may', { message: compose({ size: 12 * 2 ** 20 }), to: [site.account()] })
    return undefined
  },
  async 'many recipients'({ site, relay }) {
    const message = compose()
    const { addresses } = site.crowd()
    await relay.send('may', { message, from: FROM, to: addresses })
    for (const address of addresses) trace((await site.received(address))[0], message)
    return undefined
  },
  async 'the null sender'({ site, relay }) {
    const before = await carried(site, relay, 'may', { message: compose(), from: '', to: [site.account()] })
    assert.match(before, /^Return-Path: <>\r\n/)
    return undefined
  },
  async 'later, when the mailbox was full'({ site, relay }) {
    const to = site.account()
    const message = compose({ size: 5000 })
    site.admin('account', 'quota', to, '1K')
    await relay.send('may', { message, from: FROM, to: [to] })
    await until(site, async () => /452.4\.2\.2/.test(relay.log()), 'is not told 452')
    await site.received(to, 0)
    assert.match(await relay.waiting(), new RegExp(to), 'does not keep it')
    site.admin('account', 'quota', to, '1M')
    await relay.retry()
    trace((await site.received(to))[0], message)
    return undefined
  },
  async 'what delivery reports need (DSN)'({ site, relay, session }) {
    // Strangers are offered it where reports can leave; our own people always.
    const forStrangers = await site.offers('DSN')
    if (!forStrangers && relay.name === 'Exim') return 'the server does not offer it to strangers'
    const to = site.account()
    const parameters = {
      mailParameters: ' RET=HDRS ENVID=QQ314159',
      rcptParameters: ' NOTIFY=FAILURE,DELAY ORCPT=rfc822;first@elsewhere.test',
    }
    const message = compose()
    const own = { ...message, octets: Buffer.from(message.octets.toString().replace(FROM, RELAY)) }
    const before = await carried(site, relay, forStrangers ? 'may' : 'submission', { message: own, from: RELAY, to: [to], ...parameters })
    assert.match(before, forStrangers ? /with ESMTPS/ : /with ESMTPSA/)
    const said = session(to)
    assert.match(said, /^C: MAIL FROM:.* RET=HDRS/m)
    assert.match(said, /^C: MAIL FROM:.* ENVID=QQ314159/m)
    assert.match(said, /^C: RCPT TO:.* ORCPT=rfc822;first@elsewhere\.test/m)
    assert.match(said, /^C: RCPT TO:.* NOTIFY=(?:FAILURE,DELAY|DELAY,FAILURE)/m)
    return undefined
  },
  async 'LMTP, with one mailbox that is full'({ site, relay, session }) {
    const [one, full, two] = [site.account(), site.account(), site.account()]
    const message = compose({ size: 5000 })
    site.admin('account', 'quota', full, '1K')
    await relay.send('lmtp', { message, from: FROM, to: [one, full, two] })
    for (const address of [one, two]) trace((await site.received(address))[0], message)
    assert.match(session(one), /^C: LHLO /m)
    site.admin('account', 'quota', full, '1M')
    await relay.retry()
    for (const address of [one, full, two]) trace((await site.received(address))[0], message)
    return undefined
  },
  async 'LMTP, with one recipient that is unknown'({ site, relay }) {
    const [from, one, two] = [site.account(), site.account(), site.account()]
    const message = compose()
    await relay.send('lmtp', { message, from, to: [one, 'nobody@peers.test', two] })
    for (const address of [one, two]) trace((await site.received(address))[0], message)
    await relay.retry()
    const [report = ''] = await site.received(from)
    assert.match(report, /^Return-Path: <>\r\n/)
    // Exim says 5.0.0 of whatever fails.
    assert.match(report, relay.name === 'Exim' ? /nobody@peers\.test[^]*Status: 5\.0\.0/ : /nobody@peers\.test[^]*Status: 5\.1\.1/)
    return undefined
  },
}

async function until(site: Site, holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + site.patience
  while (!(await holds())) {
    assert.ok(Date.now() < end, what)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The same of both relays, and at the end that nothing waits, to come again. */
export const relayChecks: readonly Check[] = ['Postfix', 'Exim'].flatMap((name) => {
  const missing = name === 'Postfix' ? noPostfix : noExim
  const all = Object.entries({
    ...CHECKS,
    async 'nothing is left to send'({ site, relay }: Scene) {
      await until(site, async () => (await relay.waiting()) === '', `keeps ${await relay.waiting()}`)
      return undefined
    },
  })
  return all.map(([what, body]): Check => ({
    name: `${name}: ${what}`,
    async run(peers) {
      const relay = peers.relays.find((one) => one.name === name)
      if (relay === undefined) return missing() ?? 'was not started'
      const session = (address: string): string => {
        const found = peers.site.sessionsWith(`RCPT TO:<${address}>`).join('\n')
        assert.notEqual(found, '', `no session with ${address} was written down`)
        return found
      }
      return body({ site: peers.site, relay, peers, session })
    },
  }))
})
