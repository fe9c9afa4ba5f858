import type { Random } from '@mailstead/testkit'

/** A message put together from its parts, and what each section of it is, by construction. */
export interface Built {
  readonly octets: Buffer
  /** By section as FETCH names it; `null` for what is not there. */
  readonly sections: ReadonlyMap<string, Buffer | null>
}

interface Entity {
  readonly header: Buffer
  readonly body: Buffer
  /** Sections below this entity, named from here: `1`, `1.MIME`, `2.HEADER`. */
  readonly below: ReadonlyMap<string, Buffer | null>
  readonly isMultipart: boolean
}

const LINES = ['text', '', '--', '-- ', '--b', '.', 'ÄÖÜ', '\t blank', 'x'.repeat(200)]

/** A random message, some levels deep. */
export function buildMessage(random: Random): Built {
  const root = entity(random, 0, `m${random.int(1000)}`, true)
  const octets = Buffer.concat([root.header, root.body])
  const sections = new Map<string, Buffer | null>(inside('', root))
  sections.set('', octets).set('HEADER', root.header).set('TEXT', root.body)
  return { octets, sections }
}

/** What can be asked of the message `message`, whose own number is `number`. */
function* inside(number: string, message: Entity): Generator<[string, Buffer | null]> {
  const prefix = number === '' ? '' : `${number}.`
  if (message.isMultipart) {
    for (const [name, octets] of message.below) yield [`${prefix}${name}`, octets]
    return
  }
  // RFC 3501 section 6.4.5: every message has at least one part.
  yield [`${prefix}1`, message.body]
  yield [`${prefix}1.MIME`, message.header]
  yield [`${prefix}2`, null]
  for (const [name, octets] of message.below) yield [`${prefix}1.${name}`, octets]
}

function entity(random: Random, depth: number, id: string, isMessage: boolean): Entity {
  const own = isMessage ? `Subject: ${id}\r\nX-Own: é${id}\r\n\tfolded\r\n` : ''
  const kind = depth > 3 ? 0 : random.int(5)
  if (kind >= 3) return multipart(random, depth, id, own)
  if (kind === 2) return attached(random, depth, id, own)
  const type = random.chance(0.5) ? '' : 'Content-Type: application/x-thing; name="a\r\n b"\r\n'
  return { header: Buffer.from(`${own}${type}\r\n`), body: lines(random), below: new Map(), isMultipart: false }
}

function multipart(random: Random, depth: number, id: string, own: string): Entity {
  const header = Buffer.from(`${own}Content-Type: multipart/mixed; boundary="${id}"\r\n\r\n`)
  const pieces: Buffer[] = random.chance(0.5) ? [Buffer.from('preamble\r\n')] : []
  const below = new Map<string, Buffer | null>()
  const count = 1 + random.int(3)
  for (let number = 1; number <= count; number++) {
    const child = entity(random, depth + 1, `${id}=${number}`, false)
    pieces.push(Buffer.from(`${number === 1 ? '' : '\r\n'}--${id}\r\n`), child.header, child.body)
    below.set(`${number}`, child.body).set(`${number}.MIME`, child.header)
    if (child.isMultipart || child.below.size > 0) for (const [name, octets] of child.below) below.set(`${number}.${name}`, octets)
    else below.set(`${number}.1`, null).set(`${number}.HEADER`, null)
  }
  below.set(`${count + 1}`, null)
  pieces.push(Buffer.from(`\r\n--${id}--${random.chance(0.5) ? '\r\nepilogue' : ''}`))
  return { header, body: Buffer.concat(pieces), below, isMultipart: true }
}

function attached(random: Random, depth: number, id: string, own: string): Entity {
  const inner = entity(random, depth + 1, `${id}+`, true)
  const body = Buffer.concat([inner.header, inner.body])
  const below = new Map<string, Buffer | null>(inside('', inner))
  below.set('HEADER', inner.header).set('TEXT', inner.body)
  return { header: Buffer.from(`${own}Content-Type: message/rfc822\r\n\r\n`), body, below, isMultipart: false }
}

function lines(random: Random): Buffer {
  const chosen = Array.from({ length: random.int(8) }, () => random.pick(LINES))
  return Buffer.from(chosen.join('\r\n') + (random.chance(0.5) ? '\r\n' : ''))
}
