import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { mangled, transcriptLines } from '../../../test/fuzz/mutate.ts'
import { say } from '../../../test/fuzz/say.ts'
import { logIn } from './client.ts'
import { deliver, openStore, startServer } from './support.ts'

/** MAILSTEAD_FUZZ=100000 for a long run. */
const LINES = Number(process.env['MAILSTEAD_FUZZ'] ?? 1500)
/** What would end the session, or change how it is spoken. */
const SKIPPED = /^(LOGIN|AUTHENTICATE|UNAUTHENTICATE|STARTTLS|LOGOUT|COMPRESS)/i

test('mangled commands are answered, each once, and nothing breaks', (t) =>
  withSeed(async (random) => {
    const server = await startServer(t, await openStore(t), { limits: { badCommands: Infinity, literals: 500, message: 2000 } })
    await deliver(server.mail, 'INBOX', 'one')
    await deliver(server.mail, 'INBOX', 'two')
    const client = await logIn(server)
    const seeds = transcriptLines('imap', true).filter((command) => !SKIPPED.test(command) && !/\{\d{5,}/.test(command))
    for (let number = 0; number < LINES; number++) {
      if (number % 10 === 0) await client.ok('SELECT INBOX')
      const line = mangled(random.pick(seeds), random)
      if (/\{\d{4,}\+?\}$/.test(line) || SKIPPED.test(line)) continue
      const response = await say(client, `f${number}`, line)
      assert.doesNotMatch(response ?? '* BYE', /SERVERBUG|^\* BYE/, JSON.stringify(line))
    }
    await client.ok('NOOP')
    const errors = server.log.events.filter(({ level }) => level === 'error')
    assert.deepEqual(errors, [])
  }))
