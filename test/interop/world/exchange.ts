import assert from 'node:assert/strict'
import { compose, type Message, type MessageOptions } from '../peers/message.ts'
import type { Letter } from '../peers/submit.ts'
import { headerOf, logged, reportsOn, wait, withToken, type Check } from './checks.ts'
import { BOX, NOBODY, UTF8_BOX, type Party } from './party.ts'
import type { World } from './world.ts'

/** Who sends to whom. */
interface Pair {
  readonly from: Party
  readonly to: Party
}

interface Kind {
  readonly what: string
  readonly message?: MessageOptions
  /** Local part of the sender; default: BOX. */
  readonly sender?: string
  readonly to: (pair: Pair) => string
  readonly mail?: (message: Message) => string
  readonly rcpt?: (message: Message) => string
  /** Looks at what came of it. */
  readonly end: (world: World, pair: Pair, message: Message) => Promise<void>
}

const MEBIBYTE = 2 ** 20
const xtext = (text: string): string => text.replaceAll(/[+=]/g, (octet) => `+${octet.charCodeAt(0).toString(16).toUpperCase()}`)
const envid = ({ token }: Message): string => `=${token}+`
const dsn = (ret: string) => (message: Message) => ` RET=${ret} ENVID=${xtext(envid(message))}`
const orcpt = ({ token }: Message): string => `first+${token}@origin.test`

/** The message as it came, once it has come. */
async function arrived(world: World, { from, to }: Pair, message: Message): Promise<string> {
  const story = async (): Promise<string> =>
    `nothing has come; the sender's queue: ${await from.waiting()}; its log: ${logged(from, message.token)}`
  const text = await wait(world, async () => (await withToken(to, message.token))[0], story)
  const sent = message.octets.toString('latin1')
  const at = text.indexOf(sent.slice(0, sent.indexOf('\r\n')))
  assert.equal(text.slice(text.length - sent.length), sent, 'octets were changed')
  const before = text.slice(0, text.length - sent.length)
  for (const field of before.split(/\r\n(?![ \t])/).filter(Boolean)) assert.match(field, ADDED, `a field was added: ${field}`)
  assert.ok(at > 0, 'no trace')
  return before
}

const ADDED = /^(Return-Path|Delivered-To|Envelope-To|Delivery-Date|X-Original-To|Received|DKIM-Signature|Authentication-Results): /i

/** The one report to the sender. */
async function report(world: World, { from, to }: Pair, message: Message): Promise<string> {
  const text = await wait(
    world,
    async () => (await reportsOn(from, message.token))[0],
    async () => `no report; queues: ${await from.waiting()} ${await to.waiting()}; log: ${logged(to, message.token)}`,
  )
  // Exim 4.96 puts both into its reports as it was told them.
  const told = /^Reporting-MTA: *dns; *mx\.e\.test\r$/im.test(text) ? xtext : (plain: string): string => plain
  assert.match(text, new RegExp(`^Original-Envelope-Id: *${escaped(told(envid(message)))}\r$`, 'im'), 'ENVID')
  assert.match(text, new RegExp(`^Original-Recipient: *rfc822; *${escaped(told(orcpt(message)))}\r$`, 'im'), 'ORCPT')
  return text
}

const escaped = (text: string): string => text.replaceAll(/[.+*?^$|()[\]{}\\]/g, String.raw`\$&`)

/** How the last server says that it took it. */
const overTls = (before: string): boolean => /\bUTF8SMTPS|\bESMTPS|using TLSv1/i.test(before.split(/\r\n(?=Received:)/i)[1] ?? '')

const KINDS: readonly Kind[] = [
  {
    what: 'in clear',
    to: ({ to }) => `${BOX}@clear.${to.label}.test`,
    async end(world, pair, message) {
      assert.ok(!overTls(await arrived(world, pair, message)), 'it came encrypted')
    },
  },
  {
    what: 'by STARTTLS, with octets above 127',
    to: ({ to }) => `${BOX}@${to.label}.insecure.test`,
    message: { eightBit: true },
    mail: () => ' BODY=8BITMIME',
    async end(world, pair, message) {
      assert.ok(overTls(await arrived(world, pair, message)), 'it came in clear')
    },
  },
  {
    what: 'eight MiB',
    to: ({ to }) => `${BOX}@${to.label}.test`,
    message: { size: 8 * MEBIBYTE },
    async end(world, pair, message) {
      assert.ok(overTls(await arrived(world, pair, message)), 'it came in clear')
    },
  },
  {
    what: 'between addresses with UTF-8',
    to: ({ to }) => `${UTF8_BOX}@${to.label}.test`,
    sender: UTF8_BOX,
    message: { eightBit: true, utf8: true },
    mail: () => ' BODY=8BITMIME SMTPUTF8',
    async end(world, pair, message) {
      assert.match(await arrived(world, pair, message), new RegExp(Buffer.from(`${UTF8_BOX}@`).toString('latin1')))
    },
  },
  {
    what: 'a report of success, with the header',
    to: ({ to }) => `${BOX}@${to.label}.test`,
    mail: dsn('HDRS'),
    rcpt: (message) => ` NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;${xtext(orcpt(message))}`,
    async end(world, pair, message) {
      await arrived(world, pair, message)
      const text = await report(world, pair, message)
      assert.match(text, /^Action: *delivered\b/im)
      assert.match(text, /^Status: *2\./im)
      assert.match(text, new RegExp(`^Reporting-MTA: *dns; *mx\\.${pair.to.label}\\.test\r$`, 'im'), 'who tells')
      assert.doesNotMatch(text, /the end/, 'the whole message came back')
    },
  },
  {
    what: 'a recipient that there is not, with the whole message',
    to: ({ to }) => `${NOBODY}@${to.label}.test`,
    mail: dsn('FULL'),
    rcpt: (message) => ` NOTIFY=FAILURE ORCPT=rfc822;${xtext(orcpt(message))}`,
    async end(world, pair, message) {
      const text = await report(world, pair, message)
      assert.match(text, /^Action: *failed\b/im)
      assert.match(text, /^Status: *5\./im)
      assert.match(text, new RegExp(`^Reporting-MTA: *dns; *mx\\.${pair.from.label}\\.test\r$`, 'im'), 'who tells')
      assert.match(text, /the end/, 'the message did not come back')
    },
  },
  {
    what: 'a recipient that there is not, and nobody is told',
    to: ({ to }) => `${NOBODY}@${to.label}.test`,
    rcpt: () => ' NOTIFY=NEVER',
    async end(world, { from }, { token }) {
      // What comes of it would have come long since: this is looked at last.
      assert.deepEqual(await reportsOn(from, token), [])
      await Promise.resolve(world)
    },
  },
]

/** Every kind of mail in every direction. */
export function exchangeChecks(): readonly Check[] {
  const all = ['ann', 'ben', 'postfix', 'exim'] as const
  const names = { ann: 'Mailstead A', ben: 'Mailstead B', postfix: 'Postfix', exim: 'Exim' }
  const directions = all.flatMap((from) => all.filter((to) => to !== from).map((to) => [from, to] as const))
  return KINDS.flatMap((kind) =>
    directions.map(([from, to]): Check => {
      const sent: { letter?: Letter } = {}
      return {
        name: `${names[from]} to ${names[to]}: ${kind.what}`,
        async begin(world) {
          sent.letter = await send(kind, { from: world[from], to: world[to] })
        },
        async end(world) {
          assert.ok(sent.letter, 'was not sent')
          const { message } = sent.letter
          await kind.end(world, { from: world[from], to: world[to] }, message)
          await onlyOnce(world, message)
          return undefined
        },
      }
    }),
  )
}

async function send({ message: options, sender = BOX, to, mail, rcpt }: Kind, pair: Pair): Promise<Letter> {
  const from = `${sender}@${pair.from.label}.test`
  const message = compose({ ...options, from: `${BOX}@${pair.from.label}.test` })
  const letter: Letter = {
    message,
    from,
    to: [to(pair)],
    mailParameters: mail?.(message) ?? '',
    rcptParameters: rcpt?.(message) ?? '',
  }
  await pair.from.send(letter)
  return letter
}

/** Nobody has it, or a report on it, twice. */
export async function onlyOnce({ parties }: World, { token }: Message): Promise<void> {
  const [copies, reports] = [
    (await Promise.all(parties.map((party) => withToken(party, token)))).flat(),
    (await Promise.all(parties.map((party) => reportsOn(party, token)))).flat(),
  ]
  assert.ok(copies.length <= 1, `there are ${copies.length} copies`)
  assert.ok(reports.length <= 1, `there are ${reports.length} reports`)
  for (const copy of copies) assert.ok(headerOf(copy).includes(token))
}
