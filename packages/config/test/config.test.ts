import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError, configDocs, defaultHostName, effective, loadConfig, parseConfig } from '@mailstead/config'

function faults(toml: string, options = {}): readonly string[] {
  try {
    parseConfig(toml, 'm.toml', options)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.faults
  }
}

test('defaults stand alone', () => {
  const { config, origins, file } = parseConfig('', 'm.toml')
  assert.equal(file, 'm.toml')
  assert.equal(origins.size, 0)
  assert.equal(config.limits.message_size, 50 * 2 ** 20)
  assert.equal(config.quota.default, undefined)
  assert.deepEqual(config.ports, {
    mx: 25,
    submission: 587,
    submissions: 465,
    lmtp: 0,
    odmr: 0,
    imap: 143,
    imaps: 993,
    pop3: 110,
    pop3s: 995,
  })
  assert.deepEqual(config.auth, { plaintext: 'never', scram: false, scram_sha1: false, submission_servers: [] })
  assert.equal(config.listen.addresses, undefined)
})

test('values of the file are taken', () => {
  const { config } = parseConfig(
    'host_name = "mx.example.org"\n[limits]\nmessage_size = "1.5M"\n[quota]\ndefault = "2G"\n[listen]\naddresses = ["192.0.2.1", "::1"]\n',
    'm.toml',
  )
  assert.equal(config.host_name, 'mx.example.org')
  assert.equal(config.limits.message_size, 1.5 * 2 ** 20)
  assert.equal(config.quota.default, 2 * 2 ** 30)
  assert.deepEqual(config.listen.addresses, ['192.0.2.1', '::1'])
})

const wrong: [toml: string, ...faults: string[]][] = [
  ['[ports]\nimap = 99999\n', 'm.toml:2: ports.imap: 99999 is not a port'],
  ['[ports]\n\nimap = -1', 'm.toml:3: ports.imap: -1 is not a port'],
  ['[ports]\nimap = "143"', 'm.toml:2: ports.imap: "143" is not a port'],
  ['ports = 3', 'm.toml:1: ports: is a table: write [ports] on a line of its own'],
  ['port_base = 64001', 'm.toml:1: port_base: 64001 is not a number from 0 to 64000'],
  ['port_base = 1.5', 'm.toml:1: port_base: 1.5 is not a number from 0 to 64000'],
  ['port_base = 64000\n[ports]\nmx = 2525', 'm.toml:3: ports.mx: 2525 + port_base 64000 is not a port'],
  ['[ports]\nimap = 993', 'm.toml:1: ports.imaps: 993 is already ports.imap'],
  ['[listen]\naddresses = [\n  "127.0.0.1",\n  "localhost",\n]', 'm.toml:2: listen.addresses[1]: "localhost" is not an IP address'],
  ['[listen]\naddresses = "127.0.0.1"', 'm.toml:2: listen.addresses: "127.0.0.1" is not a list of IP addresses'],
  ['[listen]\nproxies = ["10.0.0.0/33"]', 'm.toml:2: listen.proxies[0]: "10.0.0.0/33" is not an address or a network like "192.0.2.0/24"'],
  ['[listen]\naddresses = []', 'm.toml:2: listen.addresses: at least one address is needed'],
  ['auth.plaintext = "always"', 'm.toml:1: auth.plaintext: "always" is none of "never", "loopback"'],
  ['[limits]\nmessage_size = "big"', 'm.toml:2: limits.message_size: "big" is not a size like "50M" or "2G"'],
  ['[limits]\nmessage_size = 0', 'm.toml:2: limits.message_size: 0 is not a size like "50M" or "2G"'],
  ['[limits]\nmessage_size = []', 'm.toml:2: limits.message_size: a list is not a size like "50M" or "2G"'],
  ['[quota]\ndefault = "lots"', 'm.toml:2: quota.default: "lots" is not a size like "2G", or "none"'],
  ['host_name = "Bad_Name"', 'm.toml:1: host_name: "Bad_Name" is not a host name in lower-case letters'],
  ['[tls]\ncert_file = "a.pem"', 'm.toml:2: tls.cert_file: needs tls.key_file too'],
  ['[tls]\nkey_file = "a.pem"', 'm.toml:2: tls.key_file: needs tls.cert_file too'],
  ['[auth]\nscram = "yes"', 'm.toml:2: auth.scram: "yes" is neither true nor false'],
  ['[auth]\nscram_sha1 = true', 'm.toml:2: auth.scram_sha1: needs auth.scram = true'],
  ['[oauth]\njwks_url = "http://id.example.org/keys"', 'm.toml:2: oauth.jwks_url: "http://id.example.org/keys" is not an https URL'],
  ['[oauth]\njwks_url = "https://"', 'm.toml:2: oauth.jwks_url: "https://" is not an https URL'],
  [
    '[oauth]\njwks_url = "https://id.example.org/keys"\nissuer = "https://id.example.org"',
    'm.toml:2: oauth.jwks_url: needs oauth.audience too',
  ],
  [
    '[oauth]\nintrospection_url = "http://127.0.0.1:8080/ask"',
    'm.toml:2: oauth.introspection_url: needs oauth.client_id too',
    'm.toml:2: oauth.introspection_url: needs oauth.client_secret_file too',
  ],
  [
    '[oauth]\nissuer = "i"\naudience = "a"\njwks_url = "https://a/"\nintrospection_url = "https://b/"\nclient_id = "c"\nclient_secret_file = "f"',
    'm.toml:5: oauth.introspection_url: there is oauth.jwks_url already: one of the two',
  ],
  ['hostname = "a"', 'm.toml:1: hostname: there is no such key; is host_name meant?'],
  ['[limits]\nmesage_size = 3', 'm.toml:2: limits.mesage_size: there is no such key; is limits.message_size meant?'],
  ['[limit]\nrecipients = 3', 'm.toml:1: limit: there is no such key; is limits meant?'],
  ['undelete_days = 3', 'm.toml:1: undelete_days: there is no such key; is store.undelete_days meant?'],
  ['[limits]\nmessage = 3', 'm.toml:2: limits.message: there is no such key; is limits.message_size meant?'],
  ['hsot_name = 3', 'm.toml:1: hsot_name: there is no such key; is host_name meant?'],
  ['quux_frobnication = 3', 'm.toml:1: quux_frobnication: there is no such key'],
  [
    '# first\n\n[ports]\nimap = 70000\n[log]\nlevel = "loud"',
    'm.toml:4: ports.imap: 70000 is not a port',
    'm.toml:6: log.level: "loud" is none of "debug", "info", "warn", "error", "silent"',
  ],
  ['[ports\nimap = 1', 'm.toml:1: illegal character in key'],
]

for (const [toml, ...expected] of wrong) {
  test(`refused: ${JSON.stringify(toml)}`, () => {
    assert.deepEqual(faults(toml), expected)
  })
}

test('the line is found behind lists, long strings and comments', () => {
  const toml =
    '[listen]\naddresses = [ # one ] two\n "127.0.0.1", \'::1\'\n]\n[log]\nfile = """\na = 1\n[ports]\n"""\n[ ports ] # x\n"imap" = 70000\n'
  assert.deepEqual(faults(toml), ['m.toml:11: ports.imap: 70000 is not a port'])
})

test('the command line wins over the environment, that over the file, and each is named', () => {
  const loaded = parseConfig('port_base = 1000\ndata_dir = "/file"\n[log]\nlevel = "warn"\nformat = "text"', '/etc/m.toml', {
    environment: { MAILSTEAD_DATA: '/env', MAILSTEAD_PORT_BASE: '2000', MAILSTEAD_LOG_LEVEL: 'error', MAILSTEAD_QUOTA_DEFAULT: '' },
    overrides: { port_base: { value: 3000, option: '--port-base' }, host_name: undefined },
  })
  const shown = Object.fromEntries(effective(loaded).map(({ path, value, origin }) => [path, [value, origin]]))
  assert.deepEqual(shown['port_base'], [3000, 'command line --port-base'])
  assert.deepEqual(shown['data_dir'], ['/env', 'environment MAILSTEAD_DATA'])
  assert.deepEqual(shown['log.level'], ['error', 'environment MAILSTEAD_LOG_LEVEL'])
  assert.deepEqual(shown['log.format'], ['text', 'file /etc/m.toml:5'])
  assert.deepEqual(shown['ports.imap'], [143, 'default'])
})

test('a variable can be true or false', () => {
  const environment = { MAILSTEAD_AUTH_SCRAM: 'true', MAILSTEAD_AUTH_SCRAM_SHA1: 'false' }
  const { config } = parseConfig('[auth]\nscram_sha1 = true', 'm.toml', { environment })
  assert.deepEqual([config.auth.scram, config.auth.scram_sha1], [true, false])
})

test('a fault names the variable or option it comes from', () => {
  assert.deepEqual(faults('', { environment: { MAILSTEAD_PORTS_IMAP: '70000' } }), [
    'ports.imap: 70000 is not a port (environment variable MAILSTEAD_PORTS_IMAP)',
  ])
  assert.deepEqual(faults('', { overrides: { port_base: { value: 'x', option: '--port-base' } } }), [
    'port_base: "x" is not a number (option --port-base)',
  ])
  assert.deepEqual(faults('', { environment: { MAILSTEAD_LISTEN_ADDRESSES: '[127.0.0.1, x]' } }), [
    'listen.addresses[1]: "x" is not an IP address (environment variable MAILSTEAD_LISTEN_ADDRESSES)',
  ])
})

test('the file in the data folder is read, a named one instead of it, a missing one is a fault', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'config-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const overrides = { data_dir: { value: dir, option: '--data' } }
  assert.equal(loadConfig({ overrides }).file, undefined)
  writeFileSync(join(dir, 'mailstead.toml'), 'port_base = 5')
  writeFileSync(join(dir, 'other.toml'), 'port_base = 6')
  assert.equal(loadConfig({ overrides }).config.port_base, 5)
  assert.equal(loadConfig({ overrides, file: join(dir, 'other.toml') }).config.port_base, 6)
  assert.equal(loadConfig({ overrides, environment: { MAILSTEAD_CONFIG: join(dir, 'other.toml') } }).config.port_base, 6)
  assert.throws(() => loadConfig({ file: join(dir, 'none.toml') }), /none\.toml: cannot be read: there is no such file$/)
})

test('only a usable machine name stands in greetings', () => {
  assert.equal(defaultHostName('Mail.Example.ORG'), 'mail.example.org')
  for (const name of ['', 'a_b', '-a', 'a..b', 'x'.repeat(64)]) assert.equal(defaultHostName(name), 'localhost')
})

test('the documentation names every key, its default and its variable', () => {
  const docs = configDocs()
  assert.match(docs, /## `\[limits\]`/)
  assert.match(docs, /\| `message_size` \| `"50M"` \| .*`MAILSTEAD_LIMITS_MESSAGE_SIZE` \|/)
  assert.match(docs, /\| `data_dir` \| `"\.\/data"` \| .*`MAILSTEAD_DATA` \|/)
  assert.equal(docs.match(/MAILSTEAD_[A-Z0-9_]+` \|/g)?.length, effective(parseConfig('', 'm.toml')).length)
})

const RATE_FAULT = 'is not a rate like "60/minute", "500/hour" or "2000/day", or "none"'

for (const value of ['60', '60/second', '0/hour', '-1/hour', '1/hours', 'x', '1.5/day']) {
  test(`refused: a rate of ${value}`, () =>
    assert.deepEqual(faults(`[rates]\nmessages = "${value}"`), [`m.toml:2: rates.messages: "${value}" ${RATE_FAULT}`]))
}

test('rates are shown as the file has them', () => {
  const shown = effective(parseConfig('[rates]\nmessages = "20/day"\nrecipients = "none"', 'm.toml'))
  const value = (path: string): unknown => shown.find((each) => each.path === path)?.value
  assert.deepEqual(
    ['rates.connections', 'rates.messages', 'rates.recipients'].map((path) => value(path)),
    ['120/minute', '20/day', undefined],
  )
})

test('rates are taken in minutes, hours and days, and none as none', () => {
  const { rates } = parseConfig(
    '[rates]\nconnections = "1/minute"\nmessages = "20/hour"\nrecipients = "300/day"\nfailed_commands = "none"',
    'm',
  ).config
  assert.deepEqual(
    [rates.connections, rates.messages, rates.recipients, rates.failed_commands],
    [{ count: 1, window: 60_000 }, { count: 20, window: 3_600_000 }, { count: 300, window: 86_400_000 }, undefined],
  )
})

const L = (...lines: string[]): string => ['[[listener]]', ...lines].join('\n')

const wrongListeners: [toml: string, ...faults: string[]][] = [
  ['listener = 3', 'm.toml:1: listener: is a list of tables: write [[listener]] on a line of its own'],
  ['[listener]\nport = 25', 'm.toml:1: listener: is a list of tables: write [[listener]] on a line of its own'],
  ['listener = [3]', 'm.toml:1: listener[0]: is a table: write [[listener]] on a line of its own'],
  [L('port = 26'), 'm.toml:1: listener[0].role: nothing is none of "mx", "submission", "lmtp", "odmr", "imap", "pop3"'],
  [L('role = "smtp"', 'port = 26'), 'm.toml:2: listener[0].role: "smtp" is none of "mx", "submission", "lmtp", "odmr", "imap", "pop3"'],
  [L('role = "mx"'), 'm.toml:2: listener[0].role: needs port, or socket'],
  [L('role = "mx"', 'port = 0'), 'm.toml:3: listener[0].port: 0 is not a port'],
  [L('role = "mx"', 'prot = 26'), 'm.toml:3: listener[0].prot: there is no such key; is listener.port meant?'],
  [L('role = "mx"', 'port = 25'), 'm.toml:3: listener[0].port: 25 is already ports.mx'],
  [
    `${L('role = "mx"', 'port = 26', 'addresses = ["192.0.2.1", "::1"]')}\n${L('role = "mx"', 'port = 26', 'addresses = ["0.0.0.0"]')}`,
    'm.toml:7: listener[1].port: 26 is already listener[0].port',
  ],
  [`port_base = 64000\n${L('role = "mx"', 'port = 2525')}`, 'm.toml:4: listener[0].port: 2525 + port_base 64000 is not a port'],
  [
    `${L('role = "lmtp"', 'socket = "/a"')}\n${L('role = "lmtp"', 'socket = "/a"')}`,
    'm.toml:6: listener[1].socket: is already listener[0].socket',
  ],
  [L('role = "lmtp"', 'socket = "/a"', 'port = 24'), 'm.toml:3: listener[0].socket: there is a port already: one of the two'],
  [L('role = "submission"', 'socket = "/a"'), 'm.toml:3: listener[0].socket: is for role "lmtp" only'],
  [
    L('role = "lmtp"', `socket = "/${'a'.repeat(107)}"`),
    "m.toml:3: listener[0].socket: is longer than the 107 octets that a socket's path may have",
  ],
  [L('role = "lmtp"', 'socket = "/a"', 'addresses = ["::1"]'), 'm.toml:4: listener[0].addresses: a socket has no addresses'],
  [L('role = "lmtp"', 'socket = "/a"', 'tls = "starttls"'), 'm.toml:4: listener[0].tls: a socket needs no encryption'],
  [
    L('role = "lmtp"', 'socket = "/a"', 'clients = ["::1"]'),
    'm.toml:4: listener[0].clients: who may connect to a socket is said by socket_mode and socket_group',
  ],
  [L('role = "lmtp"', 'socket = "/a"', 'socket_mode = "rw"'), 'm.toml:4: listener[0].socket_mode: "rw" is not a mode like "0660"'],
  [L('role = "lmtp"', 'port = 24', 'socket_group = "mail"'), 'm.toml:4: listener[0].socket_group: there is no socket'],
  [L('role = "lmtp"', 'port = 25', '[ports]', 'mx = 0'), 'm.toml:3: listener[0].port: LMTP may not be on the port of SMTP'],
  [
    L('role = "lmtp"', 'port = 24', 'addresses = ["192.0.2.1"]'),
    'm.toml:4: listener[0].addresses: whoever connects by LMTP is trusted: beyond loopback it needs clients too',
  ],
  [
    L('role = "mx"', 'port = 26', 'tls = "implicit"'),
    'm.toml:4: listener[0].tls: other servers begin in clear: "starttls" is what they know',
  ],
  [
    L('role = "submission"', 'port = 588', 'tls = "none"'),
    'm.toml:4: listener[0].tls: nobody could log in: no password is taken in clear unless auth.plaintext = "loopback"',
  ],
  [L('role = "odmr"', 'port = 366', 'tls = "none"'), 'm.toml:4: listener[0].tls: nobody could log in: no password is taken in clear'],
  [L('role = "odmr"', 'port = 366', 'recipients = 3'), 'm.toml:4: listener[0].recipients: means nothing for role "odmr"'],
  [L('role = "imap"', 'port = 144', 'tls = "none"'), 'm.toml:4: listener[0].tls: role "imap" always offers TLS, which may stay unused'],
  [L('role = "imap"', 'port = 144', 'message_size = "1M"'), 'm.toml:4: listener[0].message_size: means nothing for role "imap"'],
  [L('role = "mx"', 'port = 26', 'expn = true'), 'm.toml:4: listener[0].expn: strangers are not told where aliases lead'],
  [L('role = "pop3"', 'port = 111', 'expn = true'), 'm.toml:4: listener[0].expn: means nothing for role "pop3"'],
  [L('role = "lmtp"', 'port = 24', 'xclient = ["::1"]'), 'm.toml:4: listener[0].xclient: means nothing for role "lmtp"'],
  [L('role = "submission"', 'port = 588', 'trusted = ["::1"]'), 'm.toml:4: listener[0].trusted: means nothing for role "submission"'],
]

for (const [toml, ...expected] of wrongListeners) {
  test(`refused: ${JSON.stringify(toml)}`, () => assert.deepEqual(faults(toml), expected))
}

const soundListeners = [
  L('role = "mx"', 'port = 25', 'addresses = ["192.0.2.1"]', '[listen]', 'addresses = ["192.0.2.2"]'),
  `port_base = 10000\n${L('role = "mx"', 'port = 25', 'addresses = ["192.0.2.1"]')}`,
  L('role = "lmtp"', 'port = 24', 'addresses = ["192.0.2.1"]', 'clients = ["192.0.2.0/24"]'),
  L('role = "lmtp"', 'socket = "lmtp"', 'socket_mode = "600"', 'socket_group = "mail"', 'recipients = 10'),
  L('role = "mx"', 'port = 26', 'expn = false', 'xclient = ["10.0.0.1"]'),
  L('role = "submission"', 'port = 588', 'tls = "none"', '[auth]', 'plaintext = "loopback"'),
]

for (const toml of soundListeners) {
  test(`taken: ${JSON.stringify(toml)}`, () => assert.deepEqual(faults(toml), []))
}

test('what a listener says is shown with its line', () => {
  const loaded = parseConfig(`${L('role = "mx"', 'port = 26')}\n[[listener]]\nport = 27\nrole = "imap"`, 'm.toml')
  assert.deepEqual(
    effective(loaded).filter(({ path }) => path.startsWith('listener')),
    [
      { path: 'listener[0].role', value: 'mx', origin: 'file m.toml:2' },
      { path: 'listener[0].port', value: 26, origin: 'file m.toml:3' },
      { path: 'listener[1].role', value: 'imap', origin: 'file m.toml:6' },
      { path: 'listener[1].port', value: 27, origin: 'file m.toml:5' },
    ],
  )
})

test('the keys of a listener are documented, without variables', () => {
  assert.match(configDocs(), /## `\[\[listener\]\]`\n\n.*\n\n\| key \| default \| meaning \|/)
  assert.match(configDocs(), /\| `socket` \| none \| [^`]*`lmtp`: its path\. \|\n/)
})

const D = (...lines: string[]): string => ['[[dns_list]]', ...lines].join('\n')

const wrongScreening: [toml: string, ...faults: string[]][] = [
  ['[dns]\nservers = ["localhost"]', 'm.toml:2: dns.servers[0]: "localhost" is not an address like "192.0.2.53" or "[2001:db8::53]:5353"'],
  [
    '[dns]\nservers = ["192.0.2.53:0"]',
    'm.toml:2: dns.servers[0]: "192.0.2.53:0" is not an address like "192.0.2.53" or "[2001:db8::53]:5353"',
  ],
  ['[dns]\nservers = []', 'm.toml:2: dns.servers: at least one server is needed'],
  ['[dns]\ntimeout = 0', 'm.toml:2: dns.timeout: 0 is not a number of seconds from 1 to 30'],
  ['[screening]\ntimeout = 60', 'm.toml:2: screening.timeout: 60 is not a number of seconds from 1 to 9'],
  ['[screening]\ntrusted = ["all"]', 'm.toml:2: screening.trusted[0]: "all" is not an address or a network like "192.0.2.0/24"'],
  ['[screening]\ngreylist_score = 11', 'm.toml:2: screening.greylist_score: 11 is above refuse_score 10'],
  ['[dns_list]', 'm.toml:1: dns_list: is a list of tables: write [[dns_list]] on a line of its own'],
  [D('zone = "Zen"', 'weight = 1'), 'm.toml:2: dns_list[0].zone: "Zen" is not a zone like "bl.example.org" in lower-case letters'],
  [D('zone = "bl.example"'), 'm.toml:1: dns_list[0].weight: nothing is not a weight'],
  [D('zone = "bl.example"', 'weight = 2000'), 'm.toml:3: dns_list[0].weight: 2000 is not a weight from -1000 to 1000'],
  [D('zone = "bl.example"', 'weight = 1', 'codes = 3'), 'm.toml:4: dns_list[0].codes: 3 is not a table like { "127.0.0.10" = 4 }'],
  [
    D('zone = "bl.example"', 'weight = 1', 'codes = { "10.0.0.1" = 4 }'),
    'm.toml:4: dns_list[0].codes.10.0.0.1: "10.0.0.1" is not an answer like "127.0.0.2" or "127.0.*.3"',
  ],
]

for (const [toml, ...expected] of wrongScreening) {
  test(`refused: ${JSON.stringify(toml)}`, () => assert.deepEqual(faults(toml), expected))
}

test('lists and name servers are taken as they are said', () => {
  const lists = D('zone = "wl.example"', 'weight = 0', 'codes = { "127.0.*.3" = -10 }')
  const { config } = parseConfig(`[dns]\nservers = ["::1", "192.0.2.53:5353", "[2001:db8::53]:53"]\n${lists}`, 'm.toml')
  assert.deepEqual(config.dns.servers, ['::1', '192.0.2.53:5353', '[2001:db8::53]:53'])
  assert.deepEqual(config.dns_list, [{ zone: 'wl.example', weight: 0, codes: { '127.0.*.3': -10 } }])
})
