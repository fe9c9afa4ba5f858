import assert from 'node:assert/strict'
import { decodeStructure, downgradeField, fieldRanges, MessageDowngrader, MessageScanner } from '@mailstead/mime'
import type { Random } from '@mailstead/testkit'
import { checkGrowth } from './growth.ts'
import { shown, type Target } from './target.ts'

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

const NAMES = [
  'Subject',
  'From',
  'To',
  'Return-Path',
  'Date',
  'Message-ID',
  'Received',
  'Content-Type',
  'Content-Disposition',
  'Final-Recipient',
  'X',
  '',
]
const PIECES = [
  utf8('ü'),
  utf8('語'),
  utf8('à'),
  utf8('\x85'),
  '=?a?q?\xe0?=',
  '\xff',
  ' ',
  ',',
  ';',
  ':',
  '(',
  ')',
  '<',
  '>',
  '@',
  '"',
  '\\',
  '=',
  '*',
  "'",
  '.',
  'a',
  'for ',
  'id ',
  'utf-8;',
  '=?utf-8?q?a?=',
  '\r\n ',
  '\t',
  '\0',
]

type Downgrade = (field: Buffer) => Uint8Array

/** Any header is written in ASCII, by any slicing the same, in linear time. */
export function mimeDowngrade(downgrade: Downgrade = downgradeField): Target {
  return {
    name: 'mime-downgrade',
    once(random) {
      const field = Buffer.from(`${random.pick(NAMES)}:${pieces(random, 30)}\r\n`, 'latin1')
      const made = Buffer.from(downgrade(field)).toString('latin1')
      assert.match(made, /^[\0-\x7f]*\r\n$/, shown(field))
      assert.ok(made.length <= 100 + 20 * field.length, `${shown(field)} becomes ${made.length} octets`)
      sameInPieces(random)
    },
    grow(random) {
      const [name, piece, tail] = [random.pick(NAMES), random.pick(PIECES) + random.pick(PIECES), random.pick(PIECES)]
      checkGrowth(
        () => shown(`${name}:${piece}${tail}`),
        (size) => Buffer.from(`${name}:${piece.repeat(Math.ceil(size / piece.length))}${tail}${utf8('ü')}\r\n`, 'latin1'),
        downgrade,
        512 * 1024,
      )
    },
  }
}

function pieces(random: Random, most: number): string {
  return Array.from({ length: random.int(most) }, () => random.pick(PIECES)).join('')
}

function sameInPieces(random: Random): void {
  const line = (): string =>
    random.pick([
      () => `${random.pick(NAMES)}:${pieces(random, 6)}`,
      () => '',
      () => '--b',
      () => '--b--',
      () => 'Content-Type: multipart/mixed; boundary=b',
    ])()
  const octets = Buffer.from(Array.from({ length: random.int(20) }, line).join('\r\n'), 'latin1')
  const scanner = new MessageScanner()
  scanner.push(octets)
  const root = decodeStructure(scanner.end().structure)
  assert.ok(root !== undefined)
  const downgraded = (slices: readonly Uint8Array[]): string => {
    const downgrader = new MessageDowngrader(fieldRanges(root))
    return Buffer.concat([...slices.map((slice) => downgrader.push(slice)), downgrader.end()]).toString('latin1')
  }
  assert.equal(downgraded(random.split(octets, 1 + random.int(30))), downgraded([octets]), shown(octets))
}
