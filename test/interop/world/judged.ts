/** What others make of Mailstead's certificate, its TLSA records and its signatures. */
import assert from 'node:assert/strict'
import { execute, programPath } from '../peers/execute.ts'
import { compose, type Message } from '../peers/message.ts'
import { logged, wait, withToken, type Check } from './checks.ts'
import { DANE_CASES } from './dane-cases.ts'
import { BOX, type Party } from './party.ts'
import { RESOLV_WRAPPER } from './postfix.ts'
import { STS_CASES } from './sts-cases.ts'
import type { World } from './world.ts'

const NO_STS = 'postfix-mta-sts-resolver is not installed'
const OTHERS = ['postfix', 'exim'] as const
type Other = (typeof OTHERS)[number]
const NAMES = { postfix: 'Postfix', exim: 'Exim' } as const

/** What the log says of a connection that TLSA records vouch for, to the server `mx`. */
const VERIFIED: Readonly<Record<Other, (log: string, token: string, mx: string) => boolean>> = {
  postfix: (log, _, mx) => new RegExp(`Verified TLS connection established to ${mx.replaceAll('.', '\\.')}\\[`).test(log),
  exim(log, token, mx) {
    const id = new RegExp(`(\\S+) <= .* id=${token}@`).exec(log)?.[1] ?? 'none'
    return log.split('\n').some((line) => line.includes(`${id} => `) && line.includes(` H=${mx} `) && line.includes(' CV=dane '))
  },
}

const REFUSED: Readonly<Record<Other, RegExp>> = {
  postfix: /status=deferred \(Server certificate not (?:verified|trusted)\)/,
  exim: /DANE/,
}

export const judgedChecks: readonly Check[] = [
  ...OTHERS.flatMap((who) => [vouchedFor(who), refused(who)]),
  {
    name: 'posttls-finger: DANE',
    end: async (world) =>
      finger(world, ['-l', 'dane', 'a.test'], (said) => assert.match(said, /Verified TLS connection established to mx\.a\.test\[/)),
  },
  {
    name: 'posttls-finger: DANE with a wrong record',
    end: async (world) =>
      finger(world, ['-l', 'dane', 'wrong.a.test'], (said) => {
        assert.match(said, /TLS connection established to wrong-mx\.a\.test\[/)
        assert.doesNotMatch(said, /Verified TLS/)
      }),
  },
  {
    name: 'posttls-finger: the certificate by its name, of the authority that Mailstead has made',
    end: async (world) =>
      finger(world, ['-l', 'secure', '-F', world.ann.caFile, 'a.test', 'mx.a.test'], (said) =>
        assert.match(said, /Verified TLS connection established to mx\.a\.test\[/),
      ),
  },
  {
    name: 'postfix-mta-sts-resolver: the policy of Mailstead',
    async end({ sts }) {
      if (sts === undefined) return NO_STS
      const said = await sts.query('sts.a.test')
      for (const part of ['STSFetchResult.VALID', "'mode': 'enforce'", "'mx': ['mx.a.test']"]) assert.ok(said.includes(part), said)
      return undefined
    },
  },
  bySts('sts', /^.* postfix-sts\/smtp\[.*Verified TLS connection established to mx\.a\.test\[/m),
  bySts(
    'lost',
    /^.* postfix-sts\/smtp\[.*to=<box@lost\.a\.test>, relay=mx\.b\.test.*status=deferred \(Server certificate not (?:verified|trusted)\)/m,
  ),
  {
    name: 'nothing else is left to send',
    async last({ parties }) {
      const left = (await Promise.all(parties.map((party) => party.waiting()))).flat()
      assert.deepEqual(
        left.filter((address) => !MAY_WAIT.some((part) => address.includes(part))),
        [],
      )
    },
  },
  {
    name: 'Exim: the signatures of what Mailstead sends',
    async end(world) {
      const lines = world.exim
        .log()
        .split('\n')
        .filter((line) => / DKIM: d=[ab]\.test /.test(line))
      assert.ok(lines.length > 0, 'no mail came from Mailstead')
      assert.deepEqual(
        lines.filter((line) => !line.includes('[verification succeeded]')),
        [],
      )
      return undefined
    },
  },
]

/** Postfix finds the server of a domain that it is to be encrypted with, or one that only DNS names. */
function bySts(domain: 'sts' | 'lost', said: RegExp): Check {
  return {
    name: `Postfix by MTA-STS: ${domain === 'sts' ? 'a server that the policy of Mailstead names' : 'a server that it does not name'}`,
    begin: async ({ sts, postfix }) => void (sts !== undefined && (await send(postfix, `${BOX}@${domain}.a.test`))),
    async end(world) {
      if (world.sts === undefined) return NO_STS
      await wait(
        world,
        async () => (said.test(world.postfix.log()) ? true : undefined),
        () => logged(world.postfix, 'postfix-sts'),
      )
      return undefined
    },
  }
}

/** That nothing is on its way any more which has to be elsewhere. */
const MAY_WAIT = [...DANE_CASES, ...STS_CASES]
  .flatMap(({ id, fate }) => (typeof fate === 'object' ? [`@${id}.`] : []))
  .concat('@wrong.', '@lost.')

async function send(from: Party, to: string): Promise<Message> {
  const message = compose({ from: `${BOX}@${from.label}.test` })
  await from.send({ message, from: `${BOX}@${from.label}.test`, to: [to] })
  return message
}

function vouchedFor(who: Other): Check {
  let message: Message | undefined
  return {
    name: `${NAMES[who]}: the TLSA record of Mailstead`,
    async begin({ [who]: from }) {
      message = await send(from, `${BOX}@a.test`)
    },
    async end(world) {
      const { token = '' } = message ?? {}
      await wait(
        world,
        async () => (await withToken(world.ann, token))[0],
        () => `nothing has come: ${logged(world[who], token)}`,
      )
      assert.ok(VERIFIED[who](world[who].log(), token, 'mx.a.test'), `not verified: ${logged(world[who], 'mx.a.test')}`)
      return undefined
    },
  }
}

function refused(who: Other): Check {
  let message: Message | undefined
  return {
    name: `${NAMES[who]}: a TLSA record of somebody else's key`,
    async begin({ [who]: from }) {
      message = await send(from, `${BOX}@wrong.a.test`)
    },
    async end(world) {
      const lines = (): string => logged(world[who], `${BOX}@wrong.a.test`) + logged(world[who], 'wrong-mx.a.test')
      await wait(
        world,
        async () => (REFUSED[who].test(lines()) ? true : undefined),
        () => `not refused: ${lines()}`,
      )
      return undefined
    },
    async last({ ann }) {
      assert.equal((await withToken(ann, message?.token ?? '')).length, 0, 'it was delivered')
    },
  }
}

/** Postfix's own judge of servers. */
async function finger(world: World, args: readonly string[], judge: (said: string) => void): Promise<string | undefined> {
  const program = programPath('posttls-finger')
  if (program === undefined) return 'posttls-finger is not installed'
  const env = { LD_PRELOAD: RESOLV_WRAPPER, RESOLV_WRAPPER_CONF: world.dns.resolvConf }
  const { output } = await execute(program, ['-c', '-t', '10', ...args], { env })
  judge(output)
  return undefined
}
