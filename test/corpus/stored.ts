import assert from 'node:assert/strict'
import { readImapValue, type CorpusMessage, type Random } from '@mailstead/testkit'
import { FetchClient, type Fetched } from '../../packages/imap/test/fetch-client.ts'
import { numbered, readBody, type Body } from './body.ts'
import { checkParts, sectionsOf } from './check-parts.ts'

/** Items of one FETCH; the server takes up to a hundred. */
const ITEMS = 90

/** A message as the server describes it. */
interface Described {
  readonly name: string
  readonly octets: Buffer
  readonly number: number
  readonly body: Body
}

/** Reads the messages of the selected mailbox back, all that has a number, and holds everything against `messages`. */
export async function checkStored(client: FetchClient, messages: readonly CorpusMessage[], random: Random): Promise<void> {
  for (let from = 0; from < messages.length; from += 100) {
    const batch = messages.slice(from, from + 100)
    const fetched = await client.fetch(
      `FETCH ${from + 1}:${from + batch.length} (RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[] PREVIEW)`,
    )
    assert.equal(fetched.size, batch.length)
    for (const [index, { name, octets }] of batch.entries()) {
      const number = from + index + 1
      try {
        await checkMessage(client, describe(fetched, number, name, octets), random)
      } catch (error) {
        throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
    }
  }
}

function describe(fetched: Fetched, number: number, name: string, octets: Buffer): Described {
  const items = fetched.get(number)
  const value = (label: string): string => items?.get(label)?.toString('latin1') ?? assert.fail(`no ${label}`)
  assert.ok(items?.get('BODY[]')?.equals(octets), 'BODY[] is the message')
  assert.equal(value('RFC822.SIZE'), String(octets.length))
  assert.equal((readImapValue(value('ENVELOPE')) as unknown[]).length, 10)
  assert.ok(Array.isArray(readImapValue(value('BODY'))))
  return { name, octets, number, body: readBody(readImapValue(value('BODYSTRUCTURE'))) }
}

async function checkMessage(client: FetchClient, message: Described, random: Random): Promise<void> {
  const { octets, number, body } = message
  const names = sectionsOf(body)
  const sections = new Map<string, Buffer>()
  for (let at = 0; at < names.length; at += ITEMS) {
    const fetched = await client.fetch(
      `FETCH ${number} (${names
        .slice(at, at + ITEMS)
        .map((name) => `BODY.PEEK[${name}]`)
        .join(' ')})`,
    )
    for (const [label, value] of fetched.get(number) ?? []) if (value !== null) sections.set(label.slice(5, -1), value)
  }
  const section = (name: string): Buffer => sections.get(name) ?? assert.fail(`${name} is not there`)
  checkParts(octets, body, section)
  await checkSome(client, number, names, section, random)
  await checkDecoded(client, number, body, section)
}

/** A stretch of a section, and the fields of the header in two halves. */
async function checkSome(
  client: FetchClient,
  number: number,
  names: readonly string[],
  section: (name: string) => Buffer,
  random: Random,
): Promise<void> {
  const name = random.pick(names)
  const [origin, length] = [random.int(section(name).length + 2), 1 + random.int(2_000)]
  const header = section('HEADER')
  const fields = [...header.toString('latin1').matchAll(/^([!-9;-~]+)[ \t]*:/gm)].map((match) => match[1] ?? '')
  const asked = ['X-Not-There', ...fields.filter(() => random.chance(0.3)).slice(0, 20)]
    .map((field) => `"${field.replace(/["\\]/g, '\\$&')}"`)
    .join(' ')
  const fetched = await client.fetch(
    `FETCH ${number} (BODY.PEEK[${name}]<${origin}.${length}> BODY.PEEK[HEADER.FIELDS (${asked})] BODY.PEEK[HEADER.FIELDS.NOT (${asked})])`,
  )
  const [stretch, chosen, others] = [...(fetched.get(number)?.values() ?? [])]
  assert.ok(stretch?.equals(section(name).subarray(origin, origin + length)), `${name}<${origin}.${length}>`)
  const empty = /(?:^|\n)(\r?\n)$/.exec(header.toString('latin1', Math.max(0, header.length - 3)))?.[1] ?? ''
  const around = empty === '' ? 0 : 2
  assert.equal((chosen?.length ?? 0) - around + (others?.length ?? 0) - around, header.length - empty.length, `fields but for ${asked}`)
}

const IDENTITY = new Set(['7bit', '8bit', 'binary'])
const CODES = new Set(['base64', 'quoted-printable'])

async function checkDecoded(client: FetchClient, number: number, body: Body, section: (name: string) => Buffer): Promise<void> {
  const leaves = [...numbered(body)].filter((each) => each.body.kind === 'leaf').slice(0, ITEMS / 2)
  const encodingOf = (part: Body): string => (part.kind === 'multipart' ? '' : part.encoding)
  const known = leaves.filter((each) => IDENTITY.has(encodingOf(each.body)) || CODES.has(encodingOf(each.body)))
  const ask = (parts: typeof leaves): string =>
    `FETCH ${number} (${parts.flatMap((each) => [`BINARY.SIZE[${each.number}]`, `BINARY.PEEK[${each.number}]`]).join(' ')})`
  if (known.length < leaves.length) await assert.rejects(client.command(ask(leaves)), /NO \[UNKNOWN-CTE\]/)
  if (known.length === 0) return
  const items = (await client.fetch(ask(known))).get(number)
  for (const each of known) {
    const decoded = items?.get(`BINARY[${each.number}]`)
    assert.equal(items?.get(`BINARY.SIZE[${each.number}]`)?.toString(), String(decoded?.length), `BINARY.SIZE[${each.number}]`)
    const octets = section(each.number)
    const encoding = encodingOf(each.body)
    if (IDENTITY.has(encoding)) assert.ok(decoded?.equals(octets), `BINARY[${each.number}]`)
    else if (encoding === 'base64' && /^(?:[A-Za-z0-9+/]{4}|\r?\n)*(?:[A-Za-z0-9+/=]{4})?\s*$/.test(octets.toString('latin1'))) {
      assert.ok(decoded?.equals(Buffer.from(octets.toString('latin1'), 'base64')), `BINARY[${each.number}]`)
    }
  }
}
