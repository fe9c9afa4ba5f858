import assert from 'node:assert/strict'
import { compose, type Message } from '../peers/message.ts'
import { cameEncrypted, logged, wait, withToken, type Check } from './checks.ts'
import { DANE_CASES, type DaneCase, type Fate } from './dane-cases.ts'
import { BOX, type Party } from './party.ts'
import { STS_CASES } from './sts-cases.ts'
import type { World } from './world.ts'

/** Mailstead decides how safe a connection has to be: by DANE (RFC 7672) and by MTA-STS (RFC 8461). */
export const leavingChecks: readonly Check[] = (['postfix', 'exim'] as const).flatMap((to) => [
  ...DANE_CASES.map((each) => leaving('DANE', to, each)),
  ...STS_CASES.map((each) => leaving('MTA-STS', to, each)),
])

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
      await follow(world, world[who], addressAt(world[who]), message, fate)
      return undefined
    },
  }
}

async function follow(world: World, to: Party, address: string, { token }: Message, fate: Fate): Promise<void> {
  const { ann } = world
  const last = async (): Promise<string | undefined> => {
    const found = (await ann.queue()).find(({ recipient, attempts }) => recipient === address && attempts > 0)
    return found?.last == null ? undefined : `${found.last.status} ${found.last.text}`
  }
  const [message, reason] = await wait(
    world,
    async () => {
      const [come] = await withToken(to, token)
      const said = await last()
      return come === undefined && said === undefined ? undefined : ([come, said] as const)
    },
    () => `it neither came nor waits: ${logged(ann, address)}`,
  )
  if (typeof fate === 'object') {
    assert.ok(message === undefined, 'it was delivered')
    assert.match(reason ?? '', fate.waits)
    return
  }
  assert.ok(message !== undefined, `it waits: ${reason}`)
  assert.equal(cameEncrypted(message) ? 'encrypted' : 'clear', fate)
}
