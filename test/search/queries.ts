import type { Random } from '@mailstead/testkit'
import { sentence } from './generator.ts'
import { dayOf, MONTHS, sentDay, type Known } from './known.ts'
import { casemap } from './reference/fold.ts'

/** A search as it goes over the wire, an octet a character, and what it says of a message. */
export interface Query {
  readonly text: string
  readonly holds: (message: Known) => boolean
}

const FLAGS = ['answered', 'deleted', 'draft', 'flagged', 'seen']
const FIELDS = ['from', 'to', 'cc', 'bcc', 'subject']
const OTHER_FIELDS = ['x-odd', 'x-empty', 'date', 'message-id', 'content-type', 'received', 'content-disposition', 'x-none']

/** A random search over messages like these; `deep`: the levels of NOT, OR and parentheses. */
export function randomQuery(random: Random, known: readonly Known[], deep = 2): Query {
  if (deep > 0 && random.chance(0.25)) return compound(random, known, deep - 1)
  const kind = random.next()
  if (kind < 0.6) return textQuery(random, known)
  if (kind < 0.75) return flagQuery(random)
  if (kind < 0.9) return dateQuery(random, known)
  return numberQuery(random, known)
}

function compound(random: Random, known: readonly Known[], deep: number): Query {
  const [a, b] = [randomQuery(random, known, deep), randomQuery(random, known, deep)]
  return random.pick<Query>([
    { text: `NOT ${a.text}`, holds: (it) => !a.holds(it) },
    { text: `OR ${a.text} ${b.text}`, holds: (it) => a.holds(it) || b.holds(it) },
    { text: `(${a.text} ${b.text})`, holds: (it) => a.holds(it) && b.holds(it) },
  ])
}

function textQuery(random: Random, known: readonly Known[]): Query {
  const asked = needle(random, random.pick(known))
  const text = casemap(asked)
  const contains = (texts: readonly string[]): boolean => texts.some((each) => each.includes(text))
  const inField = (name: string): Query['holds'] => {
    return ({ read }) => read.fields.some((field) => field.name === name && field.text.includes(text))
  }
  const field = random.pick(FIELDS)
  const other = random.pick([...FIELDS, ...OTHER_FIELDS])
  const wire = literal(asked)
  return random.pick<Query>([
    { text: `BODY ${wire}`, holds: ({ read }) => text === '' || contains(read.body) },
    { text: `BODY ${wire}`, holds: ({ read }) => text === '' || contains(read.body) },
    { text: `TEXT ${wire}`, holds: ({ read }) => text === '' || contains(read.body) || contains(read.headers) },
    { text: `${field.toUpperCase()} ${wire}`, holds: inField(field) },
    { text: `HEADER ${other} ${wire}`, holds: inField(other) },
  ])
}

/** Something that stands in the message, or nearly; or any words. Never with what cannot be asked: NUL, and letters that were not read. */
function needle(random: Random, { read }: Known): string {
  if (random.chance(0.1)) return random.pick([sentence(random, 2), 'no such words anywhere', 'q', ''])
  const text = random.pick([...read.body, ...read.headers, ...read.fields.map((field) => field.text)])
  const letters = Array.from(text)
  const from = random.int(letters.length + 1)
  const length = random.chance(0.2) ? 1 + random.int(2) : 3 + random.int(random.chance(0.2) ? 60 : 15)
  let piece = letters.slice(from, from + length).join('')
  if (random.chance(0.2)) piece = piece.replace(/.$/su, random.pick(['x', 'Ω', ' ']))
  piece = random.pick([piece, piece.toLowerCase(), piece.normalize('NFC'), piece.normalize('NFC').toLowerCase()])
  return /[\0\ufffd\p{Cs}]/u.test(piece) ? 'the' : piece
}

function literal(text: string): string {
  const octets = Buffer.from(text)
  return `{${octets.length}+}\r\n${octets.toString('latin1')}`
}

function flagQuery(random: Random): Query {
  const flag = random.pick(FLAGS)
  const keyword = random.pick(['$work', '$Forwarded', 'nosuch'])
  const has =
    (name: string): Query['holds'] =>
    ({ flags }) =>
      flags.has(name.toLowerCase())
  const not =
    (holds: Query['holds']): Query['holds'] =>
    (it) =>
      !holds(it)
  return random.pick<Query>([
    { text: flag.toUpperCase(), holds: has(`\\${flag}`) },
    { text: `UN${flag.toUpperCase()}`, holds: not(has(`\\${flag}`)) },
    { text: `KEYWORD ${keyword}`, holds: has(keyword) },
    { text: `UNKEYWORD ${keyword}`, holds: not(has(keyword)) },
    { text: 'RECENT', holds: has('\\recent') },
    { text: 'OLD', holds: not(has('\\recent')) },
    { text: 'NEW', holds: (it) => has('\\recent')(it) && !has('\\seen')(it) },
    { text: 'ALL', holds: () => true },
  ])
}

function dateQuery(random: Random, known: readonly Known[]): Query {
  const message = random.pick(known)
  const sent = sentDay(message.read.date)
  const internal = ({ internalDate: { at, zone } }: Known): number => dayOf(at, zone)
  const saved = ({ savedAt }: Known): number => dayOf(savedAt, 0)
  const seconds = Math.floor((Date.now() - message.internalDate.at) / 1000) + 30_000
  const age = (it: Known): number => (Date.now() - it.internalDate.at) / 1000
  const [name, of, day] = random.pick<readonly [string, (it: Known) => number | undefined, number | undefined]>([
    ['SENT', ({ read }) => sentDay(read.date), sent],
    ['', internal, internal(message)],
    ['SAVED', saved, saved(message) + random.int(3) - 1],
  ])
  const asked = day ?? 19_000
  const compare =
    (test: (day: number) => boolean): Query['holds'] =>
    (it) => {
      const found = of(it)
      return found !== undefined && test(found)
    }
  return random.pick<Query>([
    { text: `${name}BEFORE ${calendar(asked)}`, holds: compare((it) => it < asked) },
    { text: `${name}ON ${calendar(asked)}`, holds: compare((it) => it === asked) },
    { text: `${name}SINCE ${calendar(asked)}`, holds: compare((it) => it >= asked) },
    { text: `OLDER ${seconds}`, holds: (it) => age(it) >= seconds },
    { text: `YOUNGER ${seconds}`, holds: (it) => age(it) < seconds },
  ])
}

function calendar(day: number): string {
  const date = new Date(day * 24 * 60 * 60 * 1000)
  return `${date.getUTCDate()}-${MONTHS[date.getUTCMonth()]}-${String(date.getUTCFullYear()).padStart(4, '0')}`
}

function numberQuery(random: Random, known: readonly Known[]): Query {
  const [a, b] = [random.pick(known), random.pick(known)]
  const between =
    (of: (it: Known) => number) =>
    (it: Known): boolean =>
      of(it) >= Math.min(of(a), of(b)) && of(it) <= Math.max(of(a), of(b))
  return random.pick<Query>([
    { text: `LARGER ${a.size}`, holds: (it) => it.size > a.size },
    { text: `SMALLER ${a.size}`, holds: (it) => it.size < a.size },
    { text: `${a.number}:${b.number}`, holds: between((it) => it.number) },
    { text: `UID ${a.uid}:${b.uid}`, holds: between((it) => it.uid) },
    { text: `UID ${a.uid},${b.uid}:*`, holds: (it) => it.uid === a.uid || it.uid >= b.uid },
    { text: `MODSEQ ${a.modSeq}`, holds: (it) => it.modSeq >= a.modSeq },
    { text: `EMAILID ${a.emailId}`, holds: (it) => it.emailId === a.emailId },
    { text: `THREADID ${a.threadId}`, holds: (it) => it.threadId === a.threadId },
  ])
}
