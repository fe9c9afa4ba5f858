import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resolution } from '@mailstead/accounts'
import { MAX_TARGETS } from '../src/limits.ts'
import { site } from './support.ts'

const only = (...targets: string[]) => ({ targets, keep: false, told: false })

/** `group: its targets`, `ann → its targets`, or the kind. */
function told(resolution: Resolution): string {
  if (resolution.kind === 'group') return `group: ${resolution.group.targets.join(' ')}`
  if (resolution.kind !== 'local') return resolution.kind
  const { localPart, forwarding } = resolution.recipient.account
  return forwarding === undefined ? localPart : `${localPart} → ${forwarding.targets.join(' ')}`
}

test('where groups and forwarding accounts lead', async () => {
  const { accounts, store } = await site()
  await accounts.putGroup('Team@example.org', ['Ann@EXAMPLE.org', 'bob@BÜCHER.example', 'x@far.example'], false)
  await accounts.putGroup('sales+eu@example.org', ['x@far.example'], false)
  await accounts.setForwarding('ann@example.org', only('ann@far.example'))
  await accounts.setCatchAll('example.org', 'ann@example.org')
  const targets = 'Ann@example.org bob@xn--bcher-kva.example x@far.example'
  const table: [localPart: string, where: string][] = [
    ['team', `group: ${targets}`],
    ['TEAM+tag', `group: ${targets}`],
    ['sales+eu', 'ann → ann@far.example'],
    ['sales', 'ann → ann@far.example'],
    ['nobody', 'ann → ann@far.example'],
    ['postmaster', 'ann → ann@far.example'],
  ]
  for (const [localPart, where] of table) assert.equal(told(await accounts.resolve(localPart, 'example.org')), where, localPart)
  await accounts.putGroup('postmaster@example.org', ['bob@bücher.example', 'x@far.example'], false)
  for (const duty of ['postmaster', 'abuse'])
    assert.equal(told(await accounts.resolve(duty, 'example.org')), 'group: bob@xn--bcher-kva.example x@far.example')
  await store.directory.removeAlias('sales+eu', 'example.org')
  await accounts.setForwarding('ann@example.org', undefined)
  assert.equal(told(await accounts.resolve('sales', 'example.org')), 'ann')
})

test('accounts in a group may send as it, others and those of a group in it may not', async () => {
  const { accounts, ann, bob } = await site()
  await accounts.putGroup('team@example.org', ['sales@example.org', 'x@far.example'], false)
  await accounts.putGroup('outer@example.org', ['team@example.org', 'bob@bücher.example'], false)
  const may = (id: typeof ann.id, localPart: string) => accounts.maySendAs(id, localPart, 'example.org')
  assert.deepEqual([await may(ann.id, 'team'), await may(ann.id, 'Team+x'), await may(bob.id, 'team')], [true, true, false])
  assert.deepEqual([await may(ann.id, 'outer'), await may(bob.id, 'outer')], [false, true])
})

test('what may be forwarded to', async () => {
  const { accounts } = await site()
  await accounts.addMoved('gone@example.org', 'gone@far.example')
  await accounts.putGroup('one@example.org', ['ann@example.org', 'x@far.example'], false)
  await accounts.putGroup('two@example.org', ['one@example.org', 'y@far.example'], false)
  await accounts.setForwarding('bob@bücher.example', { targets: ['two@example.org'], keep: true, told: false })
  const many = Array.from({ length: MAX_TARGETS + 1 }, (_, i) => `x${i}@far.example`)
  const table: [targets: string[], code: string, says: RegExp][] = [
    [[], 'bad-forwarding', /an address to forward to is needed/],
    [['nonsense'], 'bad-address', /"nonsense" is not an address/],
    [['nobody@example.org'], 'account-not-found', /nobody here has this address/],
    [['gone@example.org'], 'account-not-found', /nobody here has this address/],
    [['ann@example.org'], 'bad-forwarding', /comes back to it/],
    [['Ann+tag@EXAMPLE.org'], 'bad-forwarding', /comes back to it/],
    [['sales@example.org'], 'bad-forwarding', /comes back to it/],
    [['x@far.example', 'one@example.org'], 'bad-forwarding', /mail for one@example\.org comes back to it/],
    [['bob@bücher.example'], 'bad-forwarding', /comes back to it/],
    [many, 'bad-forwarding', /more than 200/],
  ]
  for (const [targets, code, message] of table)
    await assert.rejects(accounts.setForwarding('ann@example.org', only(...targets)), { code, message }, targets.join(' '))
  for (const [address, target] of [
    ['one@example.org', 'two@example.org'],
    ['self@example.org', 'Self@example.org'],
  ] as const)
    await assert.rejects(accounts.putGroup(address, [target], false), {
      code: address.startsWith('one') ? 'bad-forwarding' : 'account-not-found',
    })
  await assert.rejects(accounts.putGroup('ann@example.org', ['x@far.example'], false), { code: 'account-exists' })
  await assert.rejects(accounts.putGroup('x@far.example', ['y@far.example'], false), { code: 'domain-not-found' })
  await assert.rejects(accounts.setForwarding('sales@example.org', only('x@far.example')), { code: 'account-not-found' })
  await accounts.setForwarding('ann@example.org', only('x@far.example', 'X@far.example', 'x@FAR.example'))
  assert.deepEqual((await accounts.show('ann@example.org')).forwarding?.targets, ['x@far.example'])
})

test('an administrator is told where mail goes', async () => {
  const { accounts } = await site()
  await accounts.putGroup('team@example.org', ['ann@example.org', 'x@far.example'], false)
  await accounts.setForwarding('ann@example.org', { targets: ['x@far.example'], keep: true, told: false })
  const group = await accounts.check('team@example.org')
  assert.deepEqual([group.takesMail, group.mayLogIn, group.obstacles[0]?.code], [true, false, 'group'])
  const account = await accounts.check('ann@example.org')
  assert.deepEqual(
    [account.takesMail, account.mayLogIn, account.obstacles],
    [true, true, [{ code: 'forwarded', text: 'Its mail goes on to x@far.example, and stays here too' }]],
  )
})
