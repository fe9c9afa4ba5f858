import assert from 'node:assert/strict'
import { type Dsn, type DsnRecipient, transferDecoder } from '../src/index.ts'
import { scan, sectionOf, structureOf } from './scan.ts'

export const HEADER = 'From: Alice@Example.ORG\r\nSubject: =?utf-8?B?0J/RgNC40LLQtdGC?=\r\nMessage-ID: <one@Example.ORG>\r\n\r\n'

export const bob: DsnRecipient = {
  recipient: 'Bob@Example.COM',
  original: { type: 'rfc822', value: 'Bob@Example.COM' },
  action: 'delivered',
  status: '2.0.0',
}

export const base: Dsn = {
  language: 'en',
  from: 'postmaster@mail.Example.COM',
  to: 'Alice@Example.ORG',
  messageId: '<q1@mail.Example.COM>',
  date: { at: Date.UTC(2026, 0, 15, 12), zone: 0 },
  token: 'Q1',
  reportingMta: 'mail.Example.COM',
  recipients: [bob],
  original: { header: Buffer.from(HEADER) },
}

export const octets = (text: string): Buffer => Buffer.from(text)

/** The parts of a report, decoded. */
export function parts(message: Uint8Array): { type: string; encoding: string; text: string }[] {
  const root = structureOf(scan(message))
  assert.equal(`${root.type}/${root.subtype}`, 'multipart/report')
  return root.children.map(({ type, subtype, encoding }, index) => {
    const decoder = transferDecoder(encoding)
    const body = sectionOf(Buffer.from(message), root, String(index + 1))
    return { type: `${type}/${subtype}`, encoding, text: Buffer.concat([decoder.write(body), decoder.end()]).toString() }
  })
}

export const failed: DsnRecipient = { recipient: 'x@y', action: 'failed', status: '5.0.0' }
