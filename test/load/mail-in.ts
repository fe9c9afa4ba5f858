import { once } from 'node:events'
import { connect } from 'node:net'
import { Client } from '../../packages/imap/test/client.ts'

const BATCH = 500

/** The Message-IDs of INBOX, as often as they are there. */
export async function mailIn(port: number, user: string, password: string): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const client = new Client(socket)
  await client.response()
  await client.ok(`LOGIN ${user} ${password}`)
  const exists = Number(/^\* (\d+) EXISTS/m.exec((await client.ok('EXAMINE INBOX')).join('\n'))?.[1])
  const ids: string[] = []
  for (let from = 1; from <= exists; from += BATCH) {
    const fetched = await client.ok(`FETCH ${from}:${Math.min(exists, from + BATCH - 1)} BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]`)
    for (const response of fetched) ids.push(...(/^Message-ID: (\S+)/im.exec(response)?.slice(1) ?? []))
  }
  socket.destroy()
  return ids
}
