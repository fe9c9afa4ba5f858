/** Whom the server tells that an account suddenly sends a lot. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { dialogue } from './dialogue.ts'
import { site } from './site.ts'

const LOGIN = `AUTH PLAIN ${Buffer.from('\0ann@example.test\0secret').toString('base64')}`

test('an account that suddenly sends a lot is told of to postmaster, in his language, once', async (t) => {
  const here = await site(t, ['chief', 'ann', 'ben'], { config: 'sending.alert = 3' })
  const { accounts, intake } = here.server.admin
  await accounts.setLanguage('chief@example.test', 'ru')
  const recipients = Array.from({ length: 5 }, (_, n) => `RCPT TO:<ben+${n}@example.test>`)
  const lines = ['EHLO x', LOGIN, 'MAIL FROM:<ann@example.test>', ...recipients, 'DATA', 'From: ann@example.test\r\n\r\nx\r\n.', 'QUIT']
  assert.match((await dialogue(here.connect('submission'), lines)).at(-2) ?? '', /^250 /)
  for (let patience = 400; (await intake.traced({ about: 'postmaster@example.test' }, 5)).length === 0; patience--) {
    assert.ok(patience > 0, 'postmaster hears nothing')
    await wait(25)
  }
  const told = await intake.traced({ about: 'postmaster@example.test' }, 5)
  assert.deepEqual(
    told.map(({ mailFrom }) => mailFrom),
    [''],
  )
  const [chief] = await inbox(here.connect('pop3'))
  assert.match(chief ?? '', /^To: <postmaster@example\.test>\r$/m)
  const body = Buffer.from((chief ?? '').split('\r\n\r\n')[1] ?? '', 'base64').toString()
  assert.match(body, /^ann@example\.test: за последний час письма отправлены 3 получателям,\r\n/)
  assert.match(body, /mailstead queue hold --sender ann@example\.test\r\n/)
})

/** The messages of chief's INBOX. */
async function inbox(socket: ReturnType<Awaited<ReturnType<typeof site>>['connect']>): Promise<string[]> {
  socket.write('USER chief@example.test\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n')
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk)
  return text.split(/^\+OK \d+ octets.*\r\n/m).slice(1)
}
