import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { silentLogger } from '@mailstead/base'
import { parseConfig } from '@mailstead/config'
import { compose, type MailServer } from '@mailstead/server'
import { tempDir } from '@mailstead/testkit'

/** A server of one domain, whose account is ann. */
export interface Site {
  readonly server: MailServer
  port(role: string): number
}

export async function site(t: TestContext, domain: string, toml: string): Promise<Site> {
  const text = `
    host_name = "mx.${domain}"
    port_base = 10000
    data_dir = ${JSON.stringify(await tempDir(t))}
    auth.plaintext = "loopback"
    screening.enabled = false
    ${toml}`
  const server = await compose(parseConfig(text, 'm.toml').config, { anyPort: true, log: silentLogger })
  t.after(() => server.stop())
  await server.admin.accounts.addDomain(domain)
  await server.admin.accounts.add({ address: `ann@${domain}`, password: 'secret', quota: undefined })
  await server.start()
  return { server, port: (role) => server.facts().listeners.find((each) => each.role === role)?.port ?? 0 }
}

/** The messages of ann's INBOX, once there are `count`. */
export async function inbox(of: Site, user: string, count: number): Promise<string[]> {
  for (let patience = 400; ; patience--) {
    const socket = connect(of.port('pop3'), '127.0.0.1')
    await once(socket, 'connect')
    let text = ''
    socket.setEncoding('latin1').on('data', (more: string) => (text += more))
    const end = once(socket, 'close')
    socket.write(`USER ${user}\r\nPASS secret\r\n${Array.from({ length: count }, (_, i) => `RETR ${i + 1}\r\n`).join('')}QUIT\r\n`)
    await end
    const messages = text.split(/^\+OK \d+ octets.*\r\n/m).slice(1)
    if (messages.length >= count) return messages.map((each) => each.slice(0, each.indexOf('\r\n.\r\n') + 2).replaceAll('\r\n..', '\r\n.'))
    assert.ok(patience > 0, `not there: ${text}`)
    await wait(25)
  }
}
