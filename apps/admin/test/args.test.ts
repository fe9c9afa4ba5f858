import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCommand, parseArguments, wholeNumber } from '../src/args.ts'
import { UsageError } from '../src/errors.ts'
import { commands } from '../src/table.ts'

function parse(line: string): {
  name: string
  positional: readonly string[]
  text: (option: string) => string | undefined
  flag: (option: string) => boolean
} {
  const { command, rest } = findCommand(commands, line.split(' '))
  const { positional, text, flag } = parseArguments(command, rest)
  return { name: command.name, positional, text, flag }
}

const good: [line: string, name: string, ...positional: string[]][] = [
  ['account add ann@example.org --quota 2G --password-stdin', 'account add', 'ann@example.org'],
  ['--data /srv account add ann@example.org', 'account add', 'ann@example.org'],
  ['account --data /srv add ann@example.org --json', 'account add', 'ann@example.org'],
  ['account add --data=/srv ann@example.org', 'account add', 'ann@example.org'],
  ['--json status', 'status'],
  ['alias list', 'alias list'],
  ['alias list ann@example.org', 'alias list', 'ann@example.org'],
  ['account import -', 'account import', '-'],
  ['domain add --data x -- -odd.example', 'domain add', '-odd.example'],
]

for (const [line, name, ...positional] of good) {
  test(`understood: ${line}`, () => {
    const parsed = parse(line)
    assert.deepEqual([parsed.name, ...parsed.positional], [name, ...positional])
    if (line.includes('/srv')) assert.equal(parsed.text('data'), '/srv')
    assert.equal(parsed.flag('json'), line.includes('--json'))
  })
}

const bad: [line: string, message: RegExp][] = [
  ['acount add x', /^acount: there is no such command; is "account add" meant\?$/],
  ['account ad x', /^account ad: there is no such command; it is one of add, import, /],
  ['account', /^account: one of add, import, .* is needed$/],
  ['stauts', /^stauts: there is no such command; is "status" meant\?$/],
  ['frobnicate', /^frobnicate: there is no such command$/],
  ['account add', /^account add: ADDRESS is missing$/],
  ['alias add info@example.org', /^alias add: TARGET is missing$/],
  ['account add ann@example.org secret', /^account add: what is "secret" for\?$/],
  ['account add ann@example.org --password secret', /^account add: there is no option --password; is --password-stdin meant\?$/],
  ['account add ann@example.org --quota', /^account add: /],
  ['status --josn', /^status: there is no option --josn; is --json meant\?$/],
  ['status --json=yes', /^status: /],
]

for (const [line, message] of bad) {
  test(`refused: ${line}`, () => {
    assert.throws(
      () => parse(line),
      (error: Error) => error instanceof UsageError && message.test(error.message),
    )
  })
}

for (const [text, expected] of [
  ['0', 0],
  ['64000', 64_000],
  ['64001', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['', undefined],
] as const) {
  test(`port base ${JSON.stringify(text)}`, () => {
    const args = parse(`serve --port-base=${text}`)
    const read = (): number | undefined => wholeNumber({ ...args, at: () => '' }, 'port-base', 0, 64_000)
    if (expected === undefined) assert.throws(read, UsageError)
    else assert.equal(read(), expected)
  })
}
