import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'

/** A message for peers to carry. */
export interface Message {
  /** In Subject and Message-ID, and in no other message. */
  readonly token: string
  /** As it stands in a mailbox, with CRLF. */
  readonly octets: Buffer
}

export interface MessageOptions {
  /** Octets of the text, about. */
  readonly size?: number
  /** Octets above 127. */
  readonly eightBit?: boolean
  /** UTF-8 in header fields. */
  readonly utf8?: boolean
  /** Its author. */
  readonly from?: string
}

/** Lines that have gone wrong somewhere before: dots, blanks at the end, a tilde for the mistakes that are planted. */
const LINES = ['~', '.', '..', '. a dot', 'From here', 'blanks   ', '', '\t', 'x'.repeat(990), '.'.repeat(70)]

export function compose({ size = 1000, eightBit = false, utf8 = false, from = 'peer@elsewhere.test' }: MessageOptions = {}): Message {
  const token = randomBytes(9).toString('hex')
  const lines = [...LINES, ...(eightBit ? ['Grüße, привет, 你好', '\u00a0'] : [])]
  const head = [
    'Date: Sat, 21 Nov 2026 12:00:00 +0000',
    `From: Peer <${from}>`,
    `To: ${utf8 ? 'Почта' : 'Somebody'} <somebody@elsewhere.test>`,
    `Subject: ${utf8 ? 'Проверка ' : ''}${token}`,
    `Message-ID: <${token}@elsewhere.test>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${eightBit ? '8bit' : '7bit'}`,
    '',
  ]
  const filler = `${'0123456789abcdef~'.repeat(4)}\r\n`
  const text = `${[...head, ...lines].join('\r\n')}\r\n${filler.repeat(Math.ceil(size / filler.length))}the end\r\n`
  return { token, octets: Buffer.from(text) }
}

/** The message as it stands in a file of this machine, with bare line ends. */
export const withLf = ({ octets }: Message): Buffer => Buffer.from(octets.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')

/** What was received is what was sent, behind the lines that servers put before it; these are given back. */
export function trace(received: string | undefined, { octets }: Message): string {
  assert.ok(received !== undefined, 'no message')
  const sent = octets.toString('latin1')
  if (!received.endsWith(sent)) assert.fail(`octets were changed: ${difference(received.slice(-sent.length), sent)}`)
  const before = received.slice(0, -sent.length)
  assert.match(before, /^Return-Path: [^\r]*\r\n/)
  for (const field of before.split(/\r\n(?![ \t])/).filter(Boolean)) assert.match(field, /^(Return-Path|Delivered-To|Received): /i)
  return before
}

/** Where they part, and what stands there. */
export function difference(received: string, sent: string): string {
  let at = 0
  while (at < sent.length && received[at] === sent[at]) at++
  return `at ${at} ${JSON.stringify(received.slice(at, at + 60))} for ${JSON.stringify(sent.slice(at, at + 60))}`
}
