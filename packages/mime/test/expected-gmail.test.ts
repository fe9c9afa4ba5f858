import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { corpusFolder, NO_CORPUS, readImapValue, type ImapValue } from '@mailstead/testkit'
import { bodyOfStructure } from '../src/index.ts'
import { differences, holdAgainst, type Argued } from './expected.ts'
import { scan, text } from './scan.ts'

const GMAIL = join(corpusFolder() ?? '', 'mailkit-transcripts/Imap/Resources/gmail')

/** Items of a FETCH response by their names. */
function items(line: string): Map<string, ImapValue> {
  const list = readImapValue(line.slice(line.indexOf('('))) as readonly ImapValue[]
  return new Map(list.flatMap((name, index) => (index % 2 === 0 ? [[String(name), list[index + 1] ?? null]] : [])))
}

/** Types and hosts have no case; Gmail adds no charset of its own, and has no host where ours is empty (a missing one means a group). */
function plain(value: ImapValue): ImapValue {
  if (value === null || value === '') return null
  if (typeof value === 'string') return value.toLowerCase()
  return value.length === 2 && value[0] === 'CHARSET' && value[1] === 'US-ASCII' ? null : value.map(plain)
}

const RECODED = 'Gmail encodes words anew; what stands in the message is left as it is'
const ANOTHER = 'this is the message as it was sent once more, with an identifier of its own'
const NOT_THERE = 'the message has no In-Reply-To: Gmail tells the last of its References'
const HIDDEN = 'Gmail gives an address without a domain up when a comment names its owner'

const DIFFERENT: Argued = {
  '3 ENVELOPE.1': RECODED,
  '3 ENVELOPE.9': ANOTHER,
  '5 BODY.1.7.8': 'Gmail writes the missing In-Reply-To of a message within as the word "NIL"',
  '5 BODY.1.8.0.2': 'parameters keep their order, and text without a charset is US-ASCII beside other parameters too',
  '7 ENVELOPE.8': NOT_THERE,
  '14 ENVELOPE.8': NOT_THERE,
  '28 ENVELOPE.8': NOT_THERE,
  ...Object.fromEntries(
    ['7', '14', '28', '43'].flatMap((number) => [2, 3, 4].map((field) => [`${number} ENVELOPE.${field}.0.0`, RECODED])),
  ),
  '28 ENVELOPE.6.0.0': RECODED,
  ...Object.fromEntries([2, 3, 4].flatMap((field) => [0, 2].map((item) => [`50 ENVELOPE.${field}.0.${item}`, HIDDEN]))),
}

test('messages that Gmail tells of have its ENVELOPE and its BODY', { skip: NO_CORPUS }, () => {
  const found = new Map<string, unknown>()
  let compared = 0
  for (const line of readFileSync(join(GMAIL, 'search-summary.txt'), 'latin1').split(/\r?\n/)) {
    const number = /^\* (\d+) FETCH/.exec(line)?.[1] ?? ''
    const transcript = join(GMAIL, `fetch.${number}.txt`)
    if (number === '' || !existsSync(transcript)) continue
    compared++
    const message = String(items(readFileSync(transcript, 'latin1').replace(/\r?\n/g, '\r\n')).get('BODY[]'))
    const { envelope, bodyStructure } = scan(message)
    const ours = new Map([
      ['RFC822.SIZE', String(message.length)],
      ['ENVELOPE', readImapValue(text(envelope))],
      ['BODY', readImapValue(text(bodyOfStructure(bodyStructure)))],
    ])
    for (const [name, value] of ours) {
      for (const each of differences(plain(value), plain(items(line).get(name) ?? null))) found.set(`${number} ${name}${each.path}`, each)
    }
  }
  assert.equal(compared, 15)
  holdAgainst(found, DIFFERENT)
})
