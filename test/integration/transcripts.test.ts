/** Several protocols on one account, as transcripts: clients 1–9 speak IMAP, 11–19 POP3, 21–29 SMTP, 31–39 submission. `# config:` is a line of TOML. */
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { playTranscript } from '@mailstead/testkit'
import { site } from './site.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

for (const file of readdirSync(here).filter((name) => name.endsWith('.txt'))) {
  test(file, async (t) => {
    const config = /^# config: (.*)$/m.exec(readFileSync(`${here}${file}`, 'utf8'))?.[1] ?? ''
    const { connect } = await site(t, ['ann', 'ben', 'full'], { quotas: { full: 2000 }, config })
    await playTranscript(`${here}${file}`, { connect: (n) => connect(n < 10 ? 'imap' : n < 20 ? 'pop3' : n < 30 ? 'mx' : 'submission') })
  })
}
