import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, parseConfig } from '@mailstead/config'

function faults(toml: string): readonly string[] {
  try {
    parseConfig(toml, 'm.toml')
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.faults
  }
}

const R = (...lines: string[]): string => ['[[route]]', ...lines].join('\n')

test('routes are taken in their order, and what is not said has its default', () => {
  const { config } = parseConfig(
    [
      R('to = ["example.net", ".example.net"]', 'servers = ["[2001:db8::1]:2525", "relay.example.net"]', 'lifetime = 3600'),
      R('from = ["example.org"]', 'source_ipv4 = "192.0.2.4"', 'helo_name = "out.example.org"'),
      R('servers = ["smart.example.com:465"]', 'implicit_tls = true', 'user = "us"', 'password_file = "secret"'),
      R('to = ["away.example"]', 'hold = true'),
    ].join('\n'),
    'm.toml',
  )
  assert.deepEqual(
    config.route.map(({ to, from, servers, hold, user }) => [to, from, servers, hold, user]),
    [
      [['example.net', '.example.net'], undefined, ['[2001:db8::1]:2525', 'relay.example.net'], false, undefined],
      [undefined, ['example.org'], undefined, false, undefined],
      [undefined, undefined, ['smart.example.com:465'], false, 'us'],
      [['away.example'], undefined, undefined, true, undefined],
    ],
  )
})

const wrong: [toml: string, ...faults: string[]][] = [
  ['route = 3', 'm.toml:1: route: is a list of tables: write [[route]] on a line of its own'],
  [
    R('to = ["a@example.org"]', 'hold = true'),
    'm.toml:2: route[0].to[0]: "a@example.org" is not a domain like "example.org", or ".example.org" for all below it',
  ],
  [R('to = []', 'hold = true'), 'm.toml:2: route[0].to: at least one domain is needed'],
  [
    R('servers = ["relay:x"]'),
    'm.toml:2: route[0].servers[0]: "relay:x" is not a server like "relay.example.net:587" or "[2001:db8::1]:25"',
  ],
  [R('servers = ["a"]', 'source_ipv4 = "::1"'), 'm.toml:3: route[0].source_ipv4: "::1" is not an IPv4 address'],
  [R('to = ["a.test"]', 'from = ["b.test"]', 'servers = ["c"]'), 'm.toml:3: route[0].from: there is to already: one of the two'],
  [R('to = ["a.test"]', 'servers = ["c"]', 'fetched_by = ["b@c.test"]'), 'm.toml:4: route[0].fetched_by: needs hold, or relay'],
  [R('to = ["a.test"]', 'hold = true', 'fetched_by = ["b"]'), 'm.toml:4: route[0].fetched_by[0]: "b" is not an address'],
  [R('hold = true'), 'm.toml:2: route[0].hold: needs to: nobody fetches the mail for all domains'],
  [R('servers = ["c"]', 'relay = true'), 'm.toml:3: route[0].relay: needs to: for everything else it would be an open relay'],
  [R('from = ["a.test"]', 'relay = true'), 'm.toml:3: route[0].relay: needs to: for everything else it would be an open relay'],
  [R('to = ["a.test"]'), 'm.toml:2: route[0].to: says nothing of where the mail goes'],
  [R('to = ["a.test"]', 'hold = true', 'lmtp = true'), 'm.toml:4: route[0].lmtp: needs servers'],
  [R('servers = ["c"]', 'lifetime = 60'), 'm.toml:3: route[0].lifetime: needs to'],
  [R('servers = ["c"]', 'user = "us"'), 'm.toml:3: route[0].user: needs password_file too'],
  [R('servers = ["c"]', 'password_file = "f"'), 'm.toml:3: route[0].password_file: needs user too'],
  [
    R('servers = ["c"]', 'user = "us"', 'password_file = "f"', 'tls = "opportunistic"'),
    'm.toml:5: route[0].tls: no password goes over a connection in clear',
  ],
  [R('to = ["a.test"]', 'source_ipv4 = "192.0.2.1"'), 'm.toml:2: route[0].to: a source without servers goes by senders: from'],
  [[R('servers = ["a"]'), R('servers = ["b"]')].join('\n'), 'm.toml:3: route[1].to: everything else is already in route[0]'],
  [
    [R('to = ["a.test"]', 'servers = ["a"]'), R('to = ["A.test"]', 'servers = ["b"]')].join('\n'),
    'm.toml:5: route[1].to: A.test is already in route[0]',
  ],
]

for (const [toml, ...expected] of wrong) {
  test(`refused: ${toml.replaceAll('\n', ' ')}`, () => {
    assert.deepEqual(faults(toml), expected)
  })
}
