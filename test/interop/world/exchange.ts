import assert from 'node:assert/strict'
import { compose, difference, type Message, type MessageOptions } from '../peers/message.ts'
import type { Letter } from '../peers/submit.ts'
import { cameEncrypted, headerOf, logged, reportsOn, wait, withToken, type Check } from './checks.ts'
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
  /** Between whom; default: everybody. */
  readonly between?: (from: Who, to: Who) => boolean
  /** Looks at what came of it. */
  readonly end?: (world: World, pair: Pair, message: Message) => Promise<void>
  /** Looks at what did not, once everything else is there. */
  readonly last?: (world: World, pair: Pair, message: Message) => Promise<void>
}

const ALL = ['ann', 'ben', 'postfix', 'exim'] as const
type Who = (typeof ALL)[number]
const isOurs = (who: Who): boolean => who === 'ann' || who === 'ben'
const NAMES: Readonly<Record<Who, string>> = { ann: 'Mailstead A', ben: 'Mailstead B', postfix: 'Postfix', exim: 'Exim' }

const MEBIBYTE = 2 ** 20
const xtext = (text: string): string => text.replaceAll(/[+=]/g, (octet) => `+${octet.charCodeAt(0).toString(16).toUpperCase()}`)
const envid = ({ token }: Message): string => `=${token}+`
const dsn = (ret: string) => (message: Message) => ` RET=${ret} ENVID=${xtext(envid(message))}`
const orcpt = ({ token }: Message): string => `first+${token}@origin.test`

/** What servers have put before the message, once it has come and is what was sent. */
async function arrived(world: World, { from, to }: Pair, message: Message): Promise<string> {
  const story = async (): Promise<string> =>
    `nothing has come; waiting at the sender: ${(await from.waiting()).join(' ')}; its log: ${logged(from, message.token)}`
  const text = await wait(world, async () => (await withToken(to, message.token))[0], story)
  const sent = message.octets.toString('latin1')
  const at = text.indexOf(sent.slice(0, sent.indexOf('\r\n')))
  assert.ok(at > 0, 'no trace')
  // What users of ours write leaves in 7 bits (RFC 6376 section 5.3); on the way nobody changes anything.
  if (from.sessionsWith !== undefined && EIGHT_BITS.test(sent)) inSevenBits(text.slice(at), sent)
  else if (text.slice(at) !== sent) assert.fail(`octets were changed: ${difference(text.slice(at), sent)}`)
  const before = text.slice(0, at)
  for (const field of before.split(/\r\n(?![ \t])/).filter(Boolean)) assert.match(field, ADDED, `a field was added: ${field}`)
  return before
}

const EIGHT_BITS = /[\u0080-\u00ff]/

function inSevenBits(text: string, sent: string): void {
  assert.ok(!EIGHT_BITS.test(text), 'it came as it was')
  const [said, meant] = [decoded(text), bodyOf(sent)]
  if (said !== meant) assert.fail(`it says something else: ${difference(said, meant)}`)
}

const ADDED = /^(Return-Path|Delivered-To|Envelope-To|Delivery-Date|X-Original-To|Received|DKIM-Signature|Authentication-Results): /i

/** The one report to the sender. */
async function report(world: World, { from, to }: Pair, message: Message): Promise<string> {
  const text = await wait(
    world,
    async () => (await reportsOn(from, message.token))[0],
    async () => `no report; waiting: ${[...(await from.waiting()), ...(await to.waiting())].join(' ')}; log: ${logged(to, message.token)}`,
  )
  // Exim 4.96 puts both into its reports as it was told them.
  const told = /^Reporting-MTA: *dns; *mx\.e\.test\r$/im.test(text) ? xtext : (plain: string): string => plain
  assert.match(text, new RegExp(`^Original-Envelope-Id: *${escaped(told(envid(message)))}\r$`, 'im'), 'ENVID')
  assert.match(text, new RegExp(`^Original-Recipient: *rfc822; *${escaped(told(orcpt(message)))}\r$`, 'im'), 'ORCPT')
  return text
}

const escaped = (text: string): string => text.replaceAll(/[.+*?^$|()[\]{}\\]/g, String.raw`\$&`)

const KINDS: readonly Kind[] = [
  {
    what: 'in clear',
    to: ({ to }) => `${BOX}@clear.${to.label}.test`,
    async end(world, pair, message) {
      assert.ok(!cameEncrypted(await arrived(world, pair, message)), 'it came encrypted')
    },
  },
  {
    what: 'by STARTTLS, with octets above 127',
    to: ({ to }) => `${BOX}@${to.label}.insecure.test`,
    message: { eightBit: true },
    mail: () => ' BODY=8BITMIME',
    async end(world, pair, message) {
      assert.ok(cameEncrypted(await arrived(world, pair, message)), 'it came in clear')
    },
  },
  {
    what: 'eight MiB',
    to: ({ to }) => `${BOX}@${to.label}.test`,
    message: { size: 8 * MEBIBYTE },
    async end(world, pair, message) {
      assert.ok(cameEncrypted(await arrived(world, pair, message)), 'it came in clear')
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
      said(pair, message)
      await heard(world, pair, message)
    },
  },
  {
    what: 'a report that it went where reports are not known',
    between: (from, to) => isOurs(from) && !isOurs(to),
    to: ({ to }) => `${BOX}@clear.${to.label}.test`,
    mail: dsn('HDRS'),
    rcpt: (message) => ` NOTIFY=SUCCESS ORCPT=rfc822;${xtext(orcpt(message))}`,
    async end(world, pair, message) {
      await arrived(world, pair, message)
      assert.match(await report(world, pair, message), /^Action: *relayed\b/im)
    },
  },
  {
    what: 'octets above 127 to who does not take them',
    between: (from, to) => isOurs(from) && to === 'postfix',
    to: ({ to }) => `${BOX}@clear.${to.label}.test`,
    message: { eightBit: true },
    mail: () => ' BODY=8BITMIME',
    async end(world, pair, message) {
      await arrived(world, pair, message)
    },
  },
  {
    what: 'UTF-8 in addresses to who does not take it',
    between: (from, to) => isOurs(from) && to === 'postfix',
    to: ({ to }) => `${UTF8_BOX}@clear.${to.label}.test`,
    mail: (message) => ` SMTPUTF8${dsn('HDRS')(message)}`,
    rcpt: (message) => ` ORCPT=rfc822;${xtext(orcpt(message))}`,
    async end(world, pair, message) {
      const text = await report(world, pair, message)
      assert.match(text, /^Action: *failed\b/im)
      assert.match(text, /^Status: *5\.6\.7/im)
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
    async last(_, { from }, { token }) {
      assert.equal((await reportsOn(from, token)).length, 0, 'the sender was told')
    },
  },
]

/** Every kind of mail in every direction. */
export function exchangeChecks(): readonly Check[] {
  const directions = ALL.flatMap((from) => ALL.filter((to) => to !== from).map((to) => [from, to] as const))
  return KINDS.flatMap((kind) =>
    directions.filter(([from, to]) => kind.between?.(from, to) ?? true).map(([from, to]) => exchange(kind, from, to)),
  )
}

function exchange(kind: Kind, from: Who, to: Who): Check {
  let letter: Letter | undefined
  const sent = (): Message => {
    assert.ok(letter, 'was not sent')
    return letter.message
  }
  const pairIn = (world: World): Pair => ({ from: world[from], to: world[to] })
  return {
    name: `${NAMES[from]} to ${NAMES[to]}: ${kind.what}`,
    async begin(world) {
      letter = await send(kind, pairIn(world))
    },
    async end(world) {
      await kind.end?.(world, pairIn(world), sent())
      return undefined
    },
    async last(world) {
      await kind.last?.(world, pairIn(world), sent())
      await onlyOnce(world, sent())
    },
  }
}

/** What a server of ours heard: the parameters go on as they were given, and octets are counted by all but Postfix, which counts none. */
function said({ from, to }: Pair, message: Message): void {
  const sessions = to.sessionsWith?.(`ORCPT=rfc822;${xtext(orcpt(message))}`)
  if (sessions === undefined) return
  const [session = '', ...others] = sessions
  assert.equal(others.length, 0, 'it came more than once')
  assert.match(session, /^C: STARTTLS\r?$/m)
  assert.match(
    session,
    new RegExp(`^C: MAIL FROM:.* RET=HDRS ENVID=${escaped(xtext(envid(message)))}|ENVID=${escaped(xtext(envid(message)))} RET=HDRS`, 'm'),
  )
  assert.match(session, new RegExp(`^C: RCPT TO:.* NOTIFY=SUCCESS,FAILURE`, 'm'))
  assert.equal(/^C: BDAT /m.test(session), from.name !== 'Postfix', 'BDAT')
}

/** A server of ours tells in the message's story what the report said. */
async function heard(world: World, { from, to }: Pair, { token }: Message): Promise<void> {
  if (from.story === undefined) return
  const told = new RegExp(`^ .* heard +${BOX}@${to.label}\\.test +delivered\\b`, 'm')
  let story = ''
  await wait(
    world,
    async () => {
      story = (await from.story?.(`<${token}@elsewhere.test>`)) ?? ''
      return told.test(story) ? story : undefined
    },
    () => `the report was not matched: ${story}`,
  )
}

/** Behind the header. */
const bodyOf = (message: string): string => message.slice(message.indexOf('\r\n\r\n') + 4)

/** The octets that a text in 7 bits stands for. */
function decoded(message: string): string {
  const body = bodyOf(message)
  const [, encoding = ''] = /^Content-Transfer-Encoding: *(\S+)/im.exec(headerOf(message)) ?? []
  if (encoding.toLowerCase() === 'base64') return Buffer.from(body, 'base64').toString('latin1')
  assert.equal(encoding.toLowerCase(), 'quoted-printable')
  return body.replaceAll(/=\r\n/g, '').replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
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
