import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { parseConfig } from '@mailstead/config'
import { compose, type MailServer, type ServerOptions } from '@mailstead/server'
import { tempDir } from '@mailstead/testkit'

export const DOMAIN = 'example.test'
export const PASSWORD = 'secret'

/** The ports that a password may be sent to in clear here. */
export type Plain = 'mx' | 'submission' | 'imap' | 'pop3'

export interface Site {
  readonly server: MailServer
  readonly connect: (role: Plain) => Socket
}

export interface SiteOptions extends Pick<ServerOptions, 'clock'> {
  /** Octets that accounts may hold. */
  readonly quotas?: Readonly<Record<string, number>>
  /** What the configuration says besides, as TOML. */
  readonly config?: string
}

/** The whole server, as `serve` builds it, on free ports; accounts of `example.test` whose password is `secret`. */
export async function site(t: TestContext, names: readonly string[], options: SiteOptions = {}): Promise<Site> {
  const { quotas = {}, config = '', clock } = options
  const overrides = {
    data_dir: { value: await tempDir(t), option: 'test' },
    port_base: { value: 10_000, option: 'test' },
    'auth.plaintext': { value: 'loopback', option: 'test' },
  }
  const { config: parsed } = parseConfig(config, 'test.toml', { overrides })
  const server = await compose(parsed, { anyPort: true, log: silentLogger, ...(clock === undefined ? {} : { clock }) })
  t.after(() => server.stop())
  const { accounts } = server.admin
  await accounts.addDomain(DOMAIN)
  for (const name of names) await accounts.add({ address: `${name}@${DOMAIN}`, password: PASSWORD, quota: quotas[name] })
  await server.start()
  const ports = new Map(server.facts().listeners.map(({ role, port }) => [role, port]))
  return { server, connect: (role) => connect(ports.get(role) ?? 0, '127.0.0.1') }
}
