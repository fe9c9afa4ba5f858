import type { SendMailOptions } from 'nodemailer'
import { CORRESPONDENTS, PHRASES, type Correspondent } from './phrases.ts'

const DAY = 24 * 60 * 60 * 1000

/** A message before it is sent: nodemailer composes it. */
export type DemoMessage = SendMailOptions & { readonly subject: string; readonly messageId: string }

/**
 * Mail as a year brings it: many scripts, plain and HTML, attachments, pictures, invitations, lists, threads. The same
 * `seed` gives the same messages; `now` is the date of the newest.
 */
export function* demoMessages(number: number, recipients: readonly string[], now: number, seed = 1): Generator<DemoMessage> {
  const random = generator(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const earlier: DemoMessage[] = []
  for (let index = 0; index < number; index++) {
    const answered = earlier.length > 0 && random() < 0.3 ? pick(earlier) : undefined
    const author = pick(CORRESPONDENTS)
    const to = pick(recipients)
    const message: DemoMessage = {
      ...bodyOf(author, pick, random),
      ...subjectOf(author, answered, pick),
      from: { name: author.name, address: author.address },
      to,
      envelope: { from: author.address, to },
      date: new Date(now - Math.floor(((number - index) / number) * 365 * DAY)),
      messageId: `<demo-${seed}-${index}@${author.address.split('@')[1] ?? ''}>`,
    }
    earlier.push(message)
    if (earlier.length > 50) earlier.shift()
    yield message
  }
}

interface Thread {
  readonly subject: string
  readonly inReplyTo?: string
  readonly references?: string[]
}

type Pick = <T>(items: readonly T[]) => T

function phrasesOf({ language }: Correspondent): { readonly subjects: readonly string[]; readonly sentences: readonly string[] } {
  return PHRASES[language] ?? { subjects: ['…'], sentences: ['…'] }
}

/** An answer carries the thread's subject and references, as RFC 5322 section 3.6.4 has it. */
function subjectOf(author: Correspondent, answered: DemoMessage | undefined, pick: Pick): Thread {
  if (answered === undefined) return { subject: pick(phrasesOf(author).subjects) }
  const references = [...((answered.references as string[] | undefined) ?? []), answered.messageId]
  return { subject: `Re: ${answered.subject.replace(/^Re: /, '')}`, inReplyTo: answered.messageId, references }
}

function bodyOf(author: Correspondent, pick: Pick, random: () => number): SendMailOptions {
  const { sentences } = phrasesOf(author)
  const paragraph = (): string => Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(sentences)).join(' ')
  const paragraphs = Array.from({ length: 1 + Math.floor(random() * 5) }, paragraph)
  const text = `${paragraphs.join('\n\n')}\n\n-- \n${author.name}\n`
  const html = `<html><body dir="auto">${paragraphs.map((each) => `<p>${each}</p>`).join('')}<p>${author.name}</p></body></html>`
  const textEncoding = pick(['quoted-printable', 'base64'] as const)
  switch (Math.floor(random() * 6)) {
    case 0:
      return { text, html, textEncoding }
    case 1:
      return { text, textEncoding, attachments: [{ filename: `${pick(phrasesOf(author).subjects)}.txt`, content: text.repeat(20) }] }
    case 2:
      return {
        text,
        html: html.replace('</body>', '<img src="cid:dot@demo.example" alt=""></body>'),
        attachments: [{ filename: 'dot.png', content: DOT, contentType: 'image/png', cid: 'dot@demo.example' }],
      }
    case 3:
      return { text, icalEvent: { method: 'REQUEST', content: invitation(author) } }
    case 4:
      return { text, list: { id: { url: 'all.demo.example', comment: 'All' }, unsubscribe: 'mailto:leave@demo.example' }, priority: 'low' }
    default:
      return { text, textEncoding }
  }
}

/** A picture of one dot. */
const DOT = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64')

function invitation({ name, address }: Correspondent): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Mailstead//demo//EN',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    `UID:${address}`,
    'DTSTAMP:20260101T090000Z',
    'DTSTART:20260108T090000Z',
    'DTEND:20260108T100000Z',
    `ORGANIZER;CN="${name}":mailto:${address}`,
    'SUMMARY:☕',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n')
}

/** Mulberry32: numbers from 0 to below 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
