import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { parseConfig } from '@mailstead/config'
import { factsOf, plan } from '../src/listeners.ts'

const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
const hasLoopback6 = addresses.some(({ address }) => address === '::1')
const has6 = addresses.some(({ family }) => family === 'IPv6')

function planned(toml: string): string[] {
  return plan(parseConfig(toml, 'm.toml').config).map(({ role, place, tls }) => {
    const { host, port, socket } = factsOf(place)
    return `${role} ${socket ?? `${host} ${port}`}${tls === 'implicit' ? ' tls' : ''}`
  })
}

test('a port base above 0 means loopback, IPv6 only where there is any', () => {
  const hosts = hasLoopback6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']
  assert.deepEqual(planned('port_base = 10000\n[ports]\nmx = 25\nsubmission = 0\nsubmissions = 0\nimap = 0\npop3 = 0\npop3s = 0'), [
    ...hosts.map((host) => `mx ${host} 10025`),
    ...hosts.map((host) => `imaps ${host} 10993 tls`),
  ])
})

test('port base 0 means all addresses at the standard ports', () => {
  const host = has6 ? '::' : '0.0.0.0'
  assert.deepEqual(planned(''), [
    `mx ${host} 25`,
    `submission ${host} 587`,
    `submissions ${host} 465 tls`,
    `imap ${host} 143`,
    `imaps ${host} 993 tls`,
    `pop3 ${host} 110`,
    `pop3s ${host} 995 tls`,
  ])
})

test('addresses of the configuration go before both', () => {
  assert.deepEqual(planned('port_base = 10000\nlisten.addresses = ["192.0.2.1"]')[0], 'mx 192.0.2.1 10025')
})

test('LMTP listens on loopback alone, whatever the addresses are', () => {
  const [host] = planned('listen.addresses = ["192.0.2.1"]\nports.lmtp = 24').filter((each) => each.startsWith('lmtp '))
  assert.equal(host, 'lmtp 127.0.0.1 24')
})

const NO_PORTS = '[ports]\nmx = 0\nsubmission = 0\nsubmissions = 0\nimap = 0\nimaps = 0\npop3 = 0\npop3s = 0\n'

test('listeners of their own come behind those of the ports, at their addresses', () => {
  const toml = `${NO_PORTS}lmtp = 24
    [[listener]]
    role = "submission"
    port = 2465
    tls = "implicit"
    addresses = ["192.0.2.1", "2001:db8::1"]
    [[listener]]
    role = "lmtp"
    socket = "/run/mailstead/lmtp"
    [[listener]]
    role = "mx"
    port = 2525
    tls = "none"
    addresses = ["192.0.2.2"]`
  assert.deepEqual(
    planned(toml).filter((each) => each !== 'lmtp ::1 24'),
    [
      'lmtp 127.0.0.1 24',
      'submissions 192.0.2.1 2465 tls',
      'submissions 2001:db8::1 2465 tls',
      'lmtp /run/mailstead/lmtp',
      'mx 192.0.2.2 2525',
    ],
  )
})

test('a listener has its own policy, and else that of all', () => {
  const toml = `${NO_PORTS}[listen]\nproxies = ["198.51.100.1"]\n[limits]\nrecipients = 7
    [[listener]]
    role = "mx"
    port = 2525
    addresses = ["192.0.2.1"]
    message_size = "1M"
    clients = ["192.0.2.0/24"]
    trusted = ["192.0.2.9"]
    [[listener]]
    role = "mx"
    port = 2526
    addresses = ["192.0.2.1"]
    proxies = []
    messages = 9
    recipients = 3`
  const [first, second] = plan(parseConfig(toml, 'm.toml').config)
  assert.deepEqual(first?.limits, { messageSize: 2 ** 20, recipients: 7, messages: undefined })
  assert.deepEqual([first?.clients?.has('192.0.2.77'), first?.clients?.has('192.0.3.1')], [true, false])
  assert.deepEqual([first?.trusted?.has('192.0.2.9'), first?.proxies.has('198.51.100.1')], [true, true])
  assert.deepEqual(second?.limits, { messageSize: 50 * 2 ** 20, recipients: 3, messages: 9 })
  assert.deepEqual([second?.clients, second?.trusted, second?.proxies.has('198.51.100.1')], [undefined, undefined, false])
})
