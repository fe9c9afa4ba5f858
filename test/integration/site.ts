import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { loadConfig } from '@mailstead/config'
import { compose, type MailServer } from '@mailstead/server'
import { tempDir } from '@mailstead/testkit'

export const DOMAIN = 'example.test'
export const PASSWORD = 'secret'

/** The ports that a password may be sent to in clear here. */
export type Plain = 'mx' | 'imap' | 'pop3'

export interface Site {
  readonly server: MailServer
  readonly connect: (role: Plain) => Socket
}

/** The whole server, as `serve` builds it, on free ports; accounts of `example.test` whose password is `secret`. */
export async function site(t: TestContext, names: readonly string[], quotas: Readonly<Record<string, number>> = {}): Promise<Site> {
  const overrides = {
    data_dir: { value: await tempDir(t), option: 'test' },
    port_base: { value: 10_000, option: 'test' },
    'auth.plaintext': { value: 'loopback', option: 'test' },
  }
  const server = await compose(loadConfig({ overrides }).config, { anyPort: true, log: silentLogger })
  t.after(() => server.stop())
  const { accounts } = server.admin
  await accounts.addDomain(DOMAIN)
  for (const name of names) await accounts.add({ address: `${name}@${DOMAIN}`, password: PASSWORD, quota: quotas[name] })
  await server.start()
  const ports = new Map(server.facts().listeners.map(({ role, port }) => [role, port]))
  return { server, connect: (role) => connect(ports.get(role) ?? 0, '127.0.0.1') }
}
