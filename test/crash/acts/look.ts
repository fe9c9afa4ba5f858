import type { Client } from '../../../packages/imap/test/client.ts'
import type { Ledger } from './ledger.ts'
import { letter } from './letter.ts'
import type { Kept, State } from './state.ts'

export interface Sight {
  readonly state: State
  readonly problems: readonly string[]
}

/** Reads all of an account's mailboxes, octets included, and holds them against what must never change. */
export async function look(client: Client, ledger: Ledger): Promise<Sight> {
  const state = new Map<string, readonly Kept[]>()
  const problems: string[] = []
  for (const mailbox of await mailboxes(client)) {
    const selected = await client.ok(`EXAMINE "${mailbox}"`)
    const code = (name: string): number => Number(new RegExp(`\\[${name} (\\d+)\\]`).exec(selected.join('\n'))?.[1])
    const validity = code('UIDVALIDITY')
    problems.push(...ledger.highest(`UIDNEXT of UIDVALIDITY ${validity}`, code('UIDNEXT')))
    problems.push(...ledger.highest(`HIGHESTMODSEQ of UIDVALIDITY ${validity}`, code('HIGHESTMODSEQ')))
    const messages: Kept[] = []
    for (const response of await client.ok('UID FETCH 1:* (UID FLAGS BODY.PEEK[])')) {
      const message = readMessage(response)
      if (message === undefined) continue
      if (!message.whole) problems.push(`${message.kept.name} in ${mailbox} has other octets`)
      problems.push(...ledger.uid(validity, message.kept.uid as number, message.kept.name))
      messages.push(message.kept)
    }
    state.set(mailbox, messages)
  }
  return { state, problems }
}

async function mailboxes(client: Client): Promise<string[]> {
  const listed = await client.ok('LIST "" "*"')
  return listed.flatMap((response) => {
    const name = /^\* LIST \(([^)]*)\) "\/" "?([^"]*)"?$/.exec(response)
    return name === null || name[1]?.includes('\\Noselect') === true ? [] : [name[2] ?? '']
  })
}

function readMessage(response: string): { readonly kept: Kept; readonly whole: boolean } | undefined {
  const found = /^\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) BODY\[\] \{(\d+)\}\r\n/.exec(response)
  if (found === null) return undefined
  const text = response.slice(found[0].length, found[0].length + Number(found[3]))
  const name = /^Subject: (\S+)\r$/m.exec(text)?.[1] ?? '?'
  const flags = (found[2] ?? '').split(' ').filter((flag) => flag !== '' && flag !== '\\Recent')
  return { kept: { name, uid: Number(found[1]), flags: flags.sort() }, whole: text.endsWith(letter(name).text) }
}
