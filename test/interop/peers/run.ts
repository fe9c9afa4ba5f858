/**
 * Mail servers and programs that send mail, from Debian, deliver into a real server: by TLS and in clear, in pieces and in one, to addresses of all
 * kinds; what arrives is read by IMAP and POP3 and has to be there once, octet for octet.
 *
 *   npm run peers [-- WORD…]         checks whose name has one of the words
 *   npm run peers -- --mistakes      a server that makes mistakes: the checks have to see them
 */
import { parseArgs } from 'node:util'
import type { Check, Peers } from './check.ts'
import { loggedErrors } from '../server.ts'
import { clientChecks } from './clients.ts'
import { programPath } from './execute.ts'
import { makeExim, noExim } from './exim.ts'
import { MISTAKES } from './mistakes.ts'
import { notePieces } from './pieces.ts'
import { makePostfix, noPostfix } from './postfix.ts'
import type { Ports, Relay } from './relay.ts'
import { relayChecks } from './relayed.ts'
import { makeSite, type SiteOptions } from './site.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { mistakes: { type: 'boolean', default: false } } })
const ALL: readonly Check[] = [...clientChecks, ...relayChecks]

let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => (interrupted = true))

type Outcome = { readonly skipped: string } | { readonly failed: string } | 'good'

/** Every check's outcome, one after another, on a server of their own. */
async function outcomes(checks: readonly Check[], options: SiteOptions, tell: (name: string, outcome: Outcome) => void): Promise<void> {
  const site = await makeSite(options)
  const relays: Relay[] = []
  const pieces = await notePieces(site.server.ports.smtp)
  const { smtp, submission } = site.server.ports
  const to: Ports = { clear: pieces.port, may: smtp, verified: smtp, submission, lmtp: site.lmtpPort }
  try {
    if (noPostfix() === undefined && checks.some(({ name }) => name.startsWith('Postfix'))) relays.push(await makePostfix(site, to))
    if (noExim() === undefined && checks.some(({ name }) => name.startsWith('Exim'))) relays.push(await makeExim(site, to))
    for (const check of checks) {
      if (interrupted) break
      tell(check.name, await outcome(check, { site, relays, pieces }))
    }
  } finally {
    for (const relay of relays) await relay.stop()
    pieces.close()
    const code = await site.stop()
    const errors = loggedErrors(site.server)
    if (options.mistakes === undefined && errors.length > 0) tell(`the server has logged errors: ${errors.join(' ')}`, { failed: '' })
    if (code === 0) site.server.remove()
    else tell(`the server ended with ${code}; its data and log are kept in ${site.server.dir}`, { failed: '' })
  }
}

async function outcome({ programs = [], run }: Check, peers: Peers): Promise<Outcome> {
  const missing = programs.filter((program) => programPath(program) === undefined)
  if (missing.length > 0) return { skipped: `${missing.join(', ')} is not installed` }
  try {
    const skipped = await run(peers)
    return skipped === undefined ? 'good' : { skipped }
  } catch (error) {
    return { failed: (error instanceof Error ? error.message : String(error)).trim() }
  }
}

async function plain(): Promise<boolean> {
  let [failed, done] = [0, 0]
  let start = Date.now()
  const wanted = ALL.filter(({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)))
  await outcomes(wanted, {}, (name, outcome) => {
    const time = `${((Date.now() - start) / 1000).toFixed(1)} s`
    start = Date.now()
    done++
    if (outcome === 'good') console.log(`ok   ${name} (${time})`)
    else if ('skipped' in outcome) console.log(`SKIP ${name}: ${outcome.skipped}`)
    else {
      failed++
      console.log(`FAIL ${name} (${time}): ${outcome.failed}`)
    }
  })
  return failed === 0 && done > 0
}

/** Whether each mistake is seen by all the checks that it is for. */
async function mistaken(): Promise<boolean> {
  let unseen = 0
  for (const { name, mistakes, seenBy } of MISTAKES) {
    const checks = ALL.filter((check) => seenBy.test(check.name))
    let seen = 0
    await outcomes(checks, { mistakes, patience: 2000 }, (check, outcome) => {
      if (outcome !== 'good' && 'failed' in outcome) return seen++
      if (outcome !== 'good') return console.log(`SKIP ${name}: ${check}: ${outcome.skipped}`)
      unseen++
      console.log(`FAIL ${name}: not seen by ${check}`)
    })
    console.log(`${seen > 0 ? 'ok  ' : 'FAIL'} ${name}: seen by ${seen} checks`)
    if (seen === 0) unseen++
  }
  return unseen === 0
}

const good = await (values.mistakes ? mistaken() : plain())
process.exit(good && !interrupted ? 0 : 1)
