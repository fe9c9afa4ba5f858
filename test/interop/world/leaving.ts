import assert from 'node:assert/strict'
import { compose, type Message } from '../peers/message.ts'
import { cameEncrypted, logged, wait, withToken, type Check } from './checks.ts'
import { DANE_CASES, type DaneCase, type Fate } from './dane-cases.ts'
import type { Mailstead } from './mailstead.ts'
import { BOX, type Party } from './party.ts'
import { STS_CASES } from './sts-cases.ts'
import type { World } from './world.ts'

/** Mailstead decides how safe a connection has to be: by DANE (RFC 7672) and by MTA-STS (RFC 8461). */
export const leavingChecks: readonly Check[] = [
  ...(['postfix', 'exim'] as const).flatMap((to) => [
    ...DANE_CASES.map((each) => leaving('DANE', to, each)),
    ...STS_CASES.map((each) => leaving('MTA-STS', to, each)),
  ]),
  believing('c', false, 'encrypted'),
  believing('d', true, { waits: /4\.7\.5/ }),
]

/** RFC 7672 section 2.1.3: what a resolver says of DNSSEC is worth as much as the way to it. */
function believing(label: 'c' | 'd', trusted: boolean, fate: Fate): Check {
  return {
    name: `DANE to Postfix: a wrong record by a resolver that is not on this machine and ${trusted ? 'trusted' : 'not trusted'}`,
    async end(world) {
      if (world.outside === undefined) return 'this machine has no address but on loopback'
      const from = await world.another(label, { dns: [world.outside], trusted })
      const message = compose({ from: `${BOX}@${label}.test` })
      const address = `${BOX}@wrong.p.test`
      await from.send({ message, from: `${BOX}@${label}.test`, to: [address] })
      await follow(world, from, world.postfix, address, message, fate)
      return undefined
    },
  }
}

function leaving(
  policy: string,
  who: 'postfix' | 'exim',
  { id, what, zone, fate }: Pick<DaneCase, 'id' | 'what' | 'zone' | 'fate'>,
): Check {
  let message: Message | undefined
  const addressAt = ({ label }: Party): string => `${BOX}@${id}.${label}.${zone === undefined ? '' : `${zone}.`}test`
  return {
    name: `${policy} to ${who === 'postfix' ? 'Postfix' : 'Exim'}: ${what}`,
    async begin({ ann, [who]: to }) {
      message = compose({ from: `${BOX}@a.test` })
      await ann.send({ message, from: `${BOX}@a.test`, to: [addressAt(to)] })
    },
    async end(world) {
      assert.ok(message, 'was not sent')
      await follow(world, world.ann, world[who], addressAt(world[who]), message, fate)
      return undefined
    },
  }
}

async function follow(world: World, from: Mailstead, to: Party, address: string, { token }: Message, fate: Fate): Promise<void> {
  const last = async (): Promise<string | undefined> => {
    const found = (await from.queue()).find(({ recipient, attempts }) => recipient === address && attempts > 0)
    return found?.last == null ? undefined : `${found.last.status} ${found.last.text}`
  }
  const [message, reason] = await wait(
    world,
    async () => {
      const [come] = await withToken(to, token)
      const said = await last()
      return come === undefined && said === undefined ? undefined : ([come, said] as const)
    },
    () => `it neither came nor waits: ${logged(from, address)}`,
  )
  if (typeof fate === 'object') {
    assert.ok(message === undefined, 'it was delivered')
    assert.match(reason ?? '', fate.waits)
    return
  }
  assert.ok(message !== undefined, `it waits: ${reason}`)
  assert.equal(cameEncrypted(message) ? 'encrypted' : 'clear', fate)
}
