import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { parseConfig } from '@mailstead/config'
import { plan } from '../src/listeners.ts'

const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
const hasLoopback6 = addresses.some(({ address }) => address === '::1')
const has6 = addresses.some(({ family }) => family === 'IPv6')

function planned(toml: string): string[] {
  return plan(parseConfig(toml, 'm.toml').config).map(
    ({ role, host, port, implicitTls }) => `${role} ${host} ${port}${implicitTls ? ' tls' : ''}`,
  )
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
