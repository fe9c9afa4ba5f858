import assert from 'node:assert/strict'
import type { Client } from '../../packages/imap/test/client.ts'
import { shown } from './target.ts'

/** Sends the line and whatever it announces; the tagged response, the untagged BAD, or `undefined` after BYE. */
export async function say(client: Client, tag: string, line: string): Promise<string | undefined> {
  const [, size = '', plus = ''] = /\{(\d{1,20})(\+?)\}$/.exec(line) ?? []
  client.send(`${tag} ${line}\r\n`)
  if (plus !== '') client.send(`${'y'.repeat(Number(size))}\r\n`)
  let bye = false
  for (;;) {
    const response = await client.response()
    if (response === undefined) {
      assert.ok(bye, `the connection ended after ${shown(line)}`)
      return undefined
    }
    if (response.startsWith('* BYE')) bye = true
    else if (response.startsWith(`${tag} `) || response.startsWith('* BAD ')) return response
    else if (response.startsWith('+ ')) client.send(size === '' ? 'DONE\r\n' : `${'y'.repeat(Number(size))}\r\n`)
    else assert.ok(response.startsWith('* ') || bye, `${shown(response)} after ${shown(line)}`)
  }
}
