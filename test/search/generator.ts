import type { Random } from '@mailstead/testkit'
import { canEncode, encode } from './encode.ts'
import { CHARSETS, WORDS } from './words.ts'

/** A message made of words that are hard to find, in every manner in which mail writes them. */
export function randomMessage(random: Random): Buffer {
  const fields = [
    `From: ${phrase(random)} <${address(random)}>`,
    `To: ${Array.from({ length: 1 + random.int(3) }, () => `${phrase(random)} <${address(random)}>`).join(',\r\n ')}`,
    ...(random.chance(0.3) ? [`Cc: ${address(random)} (${phrase(random)})`] : []),
    ...(random.chance(0.1) ? [`Bcc: ${address(random)}`] : []),
    ...(random.chance(0.9) ? [`Subject: ${phrase(random)}`] : []),
    ...(random.chance(0.9) ? [`Date: ${date(random)}`] : []),
    ...(random.chance(0.3) ? [`X-Odd: ${phrase(random)}`] : []),
    ...(random.chance(0.1) ? ['X-Empty:'] : []),
  ]
  return Buffer.concat([Buffer.from(fields.join('\r\n') + '\r\n'), entity(random, 2)])
}

function address(random: Random): string {
  return `${random.pick(['ann', 'bob', 'cid', 'dora'])}@${random.pick(['example.org', 'example.net', 'Example.COM'])}`
}

function date(random: Random): string {
  const at = new Date(Date.UTC(2024, random.int(24), 1 + random.int(28), random.int(24), random.int(60)))
  const text = at.toUTCString().replace('GMT', random.pick(['+0000', '-1100', '+1300', 'GMT', 'EST']))
  return random.chance(0.8) ? text : text.replace(/^\w+, 0?/, '')
}

export function sentence(random: Random, length = 12): string {
  return Array.from({ length: 1 + random.int(length) }, () => random.pick(WORDS)).join(random.chance(0.9) ? ' ' : '')
}

/** Text in a header: as it is, or in encoded words, which may cut a letter in two and stand on lines of their own. */
function phrase(random: Random): string {
  const text = sentence(random, 4).replace(/["\\<>(),]/g, '')
  if (random.chance(0.2)) return text
  const charset = charsetFor(random, text)
  const octets = encode(text, charset)
  const words = random.split(octets, 30).map((piece) => encodedWord(random, Buffer.from(piece), charset))
  return words.join(random.pick([' ', '\r\n ', '\r\n\t ']))
}

function encodedWord(random: Random, octets: Buffer, charset: string): string {
  const label = random.chance(0.2) ? `${charset.toUpperCase()}*en` : charset
  if (random.chance(0.5)) return `=?${label}?${random.pick(['B', 'b'])}?${octets.toString('base64')}?=`
  const text = Array.from(octets, (octet) => {
    const letter = String.fromCharCode(octet)
    return octet === 32 ? '_' : /[A-Za-z0-9]/.test(letter) ? letter : hex(octet)
  })
  return `=?${label}?Q?${text.join('')}?=`
}

function hex(octet: number): string {
  return `=${octet.toString(16).toUpperCase().padStart(2, '0')}`
}

function charsetFor(random: Random, text: string): string {
  const charset = random.pick(CHARSETS)
  return canEncode(text, charset) ? charset : 'utf-8'
}

/** Header fields of content, an empty line, the content. */
function entity(random: Random, depth: number): Buffer {
  if (depth > 0 && random.chance(0.4)) return multipart(random, depth)
  if (depth > 0 && random.chance(0.1)) {
    return Buffer.concat([Buffer.from('Content-Type: message/rfc822\r\n\r\n'), randomMessage(random)])
  }
  return random.chance(0.1) ? attachment(random) : textPart(random)
}

function multipart(random: Random, depth: number): Buffer {
  const boundary = `b-${random.int(1e9)}`
  const parts = Array.from({ length: 1 + random.int(3) }, () => entity(random, depth - 1))
  const pieces = parts.flatMap((part) => [Buffer.from(`\r\n--${boundary}\r\n`), part])
  const header = `Content-Type: multipart/${random.pick(['mixed', 'alternative', 'related'])}; boundary="${boundary}"\r\n\r\npreamble`
  return Buffer.concat([Buffer.from(header), ...pieces, Buffer.from(`\r\n--${boundary}--\r\nepilogue`)])
}

function attachment(random: Random): Buffer {
  const name = Array.from(encode(random.pick(WORDS), 'utf-8'), (octet) => `%${octet.toString(16).padStart(2, '0')}`).join('')
  const header = `Content-Type: application/octet-stream\r\nContent-Disposition: attachment;\r\n filename*0*=utf-8''${name};\r\n filename*1=".bin"\r\n`
  return Buffer.from(`${header}Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(sentence(random)).toString('base64')}\r\n`)
}

function textPart(random: Random): Buffer {
  const lines = Array.from({ length: 1 + random.int(random.chance(0.03) ? 400 : 8) }, () => sentence(random))
  const isHtml = random.chance(0.4)
  const text = isHtml ? lines.map((line) => htmlLine(random, line)).join('\r\n') : lines.join('\r\n')
  const charset = isHtml ? 'utf-8' : charsetFor(random, text)
  const label = random.chance(0.1) && charset === 'utf-8' ? '' : `; charset=${random.pick([charset, `"${charset.toUpperCase()}"`])}`
  const octets = encode(text, charset)
  const coding = random.pick(['8bit', 'quoted-printable', 'base64'])
  const coded = coding === 'base64' ? base64Lines(octets) : coding === '8bit' ? octets : quotedPrintable(random, octets)
  const header = `Content-Type: text/${isHtml ? 'html' : 'plain'}${label}\r\nContent-Transfer-Encoding: ${coding}\r\n\r\n`
  return Buffer.concat([Buffer.from(header), coded, Buffer.from('\r\n')])
}

const TAGS = [
  '<b>',
  '</b>',
  '<br>',
  '<p class="x>y">',
  '</p>',
  '<!-- hidden -->',
  '<td>',
  "<img src=a alt='\"'>",
  '<i\r\nb = c>',
  '<style>p > q {}</style>',
  '</x>',
  '<pre>',
  '</pre>',
]

/** Some letters as entities, some tags between; what would be markup is escaped. */
function htmlLine(random: Random, line: string): string {
  let html = ''
  for (const letter of line) {
    const code = letter.codePointAt(0) ?? 0
    if (letter === '&' || letter === '<') html += letter === '&' ? '&amp;' : random.pick(['&lt;', '&#60;', '&#x3C;'])
    else if (letter === 'é') html += random.pick(['&eacute;', '&eacute', 'é', '&#233;'])
    else if (letter === 'σ') html += random.pick(['&sigma;', 'σ'])
    else if (letter === ' ') html += random.pick([' ', ' ', '\r\n', '  ', '&nbsp;', ' <b>', '</i> '])
    else if (random.chance(0.05)) html += random.chance(0.5) ? `&#${code};` : `&#x${code.toString(16)};`
    else html += letter
    if (random.chance(0.02)) html += random.pick(TAGS)
  }
  return html
}

function base64Lines(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('base64').replace(/.{76}/g, '$&\r\n'))
}

function quotedPrintable(random: Random, octets: Buffer): Buffer {
  let text = ''
  for (const octet of octets) {
    const letter = String.fromCharCode(octet)
    text += /[\r\n A-Za-z0-9]/.test(letter) ? letter : hex(octet)
    if (random.chance(0.02)) text += random.chance(0.5) ? '=\r\n' : '= \t\r\n'
  }
  return Buffer.from(text.replace(/ (?=\r\n)/g, '=20'), 'latin1')
}
