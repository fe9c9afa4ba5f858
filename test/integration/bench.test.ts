/** The benchmark's generator finds right answers right, and every wrong one: none of them makes a server look fast. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test, type TestContext } from 'node:test'
import { tempDir } from '@mailstead/testkit'
import { compileGenerator, type Figures, runGenerator } from '../../bench/generator.ts'
import type { Server } from '../../bench/servers/server.ts'
import { DOMAIN, PASSWORD, type Plain, site } from './site.ts'

const MESSAGES = 30
const all = ['--messages', String(MESSAGES), '--least', '0', '--folder', 'Big']

/** An operation, what is changed in the answers, and what the generator says of that. */
const PLANTS: readonly (readonly [string, readonly string[], RegExp, string, RegExp])[] = [
  ['deliver', ['--messages', '6', '--users', '2', '--size', '2000'], /MESSAGES 3/g, 'MESSAGES 4', /are visible/],
  ['deliver', ['--messages', '6', '--users', '2', '--size', '2000'], /^250 2\.0\.0 .*/gm, '451 4.3.0 no', /SMTP: 451/],
  ['append', ['--messages', '10', '--size', '2000'], /10 EXISTS/g, '9 EXISTS', /were appended/],
  ['headers', all, /RFC822\.SIZE/g, 'RFC822.SIZF', /FETCH responses hold/],
  ['envelopes', all, /BODYSTRUCTURE \(/g, 'BODYSTRUCTURE [', /FETCH responses hold/],
  ['flags', all, /\* 7 FETCH .*\r\n/g, '', /29 of 30 FETCH/],
  ['bodies', all, /BODY\[\]/g, 'BODY[1]', /FETCH responses hold/],
  ['login', ['--messages', '2', '--folder', 'Big'], /\d+ EXISTS/g, '0 EXISTS', /is empty/],
  ['store', ['--messages', '5', '--least', '0', '--folder', 'Big'], /\* 7 FETCH .*\r\n/g, '', /STORE tells of 29/],
  ['search', all, /\* SEARCH \d+/g, '* SEARCH', /hits/],
  ['sort', all, /\* SORT \d+/g, '* SORT', /hits/],
  ['copy', ['--messages', '5', '--folder', 'Big'], /\* 1 EXPUNGE\r\n/g, '', /EXPUNGE responses/],
  ['pop3', ['--messages', '10'], /^Subject: /gm, 'Subject:', /octets came by RETR/],
]

/** Ports that lead to the server, where `plant` changes what it says. */
async function proxy(
  t: TestContext,
  connect: (role: Plain) => ReturnType<typeof import('node:net').connect>,
  plant: () => (said: string) => string,
) {
  const open = async (role: Plain): Promise<number> => {
    const listener = createServer((client) => {
      const server = connect(role)
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const)
        from.on('error', () => to.destroy()).on('close', () => to.destroy())
      client.on('data', (octets: Buffer) => server.write(octets))
      server.on('data', (octets: Buffer) => client.write(Buffer.from(plant()(octets.toString('latin1')), 'latin1')))
    }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    t.after(() => listener.close())
    return (listener.address() as AddressInfo).port
  }
  return { smtp: await open('mx'), imap: await open('imap'), imaps: 0, pop3: await open('pop3') }
}

test('a wrong answer fails an operation of the benchmark', async (t) => {
  let program: string
  try {
    program = compileGenerator(await tempDir(t))
  } catch (error) {
    t.skip(String(error))
    return
  }
  const { connect } = await site(t, ['u0001', 'u0002'])
  let plant = (said: string): string => said
  const server: Server = {
    name: 'mailstead',
    title: 'Mailstead',
    ports: await proxy(t, connect, () => plant),
    accounts: { user: `u%04d@${DOMAIN}`, recipient: `u%04d@${DOMAIN}`, password: PASSWORD },
    login: false,
    start: async () => {},
    stop: async () => {},
    roots: () => [],
    forget: async () => {},
  }
  const run = (name: string, options: readonly string[]): Promise<readonly Figures[]> => runGenerator(program, server, [name, ...options])
  await run('populate', ['--messages', String(MESSAGES), '--size', '2000', '--folder', 'Big'])
  const sized = (options: readonly string[]): string[] => (options.includes('Big') ? [...options, '--size', '2000'] : [...options])
  for (const [name, options, pattern, instead, complaint] of PLANTS) {
    await t.test(`${name}: ${complaint.source}`, async () => {
      plant = (said) => said
      // Without TLS here, bodies has one phase and then no server to go on with.
      if (name === 'bodies') await assert.rejects(run(name, sized(options)), /no IMAP/)
      else assert.ok((await run(name, sized(options))).every(({ operations }) => operations > 0))
      plant = (said) => said.replaceAll(pattern, instead)
      await assert.rejects(run(name, sized(options)), complaint)
    })
  }
})
