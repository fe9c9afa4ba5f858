import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resolution } from '@mailstead/accounts'
import { site } from './support.ts'

/** `ann@example.org +tag`, or why not. */
function told(resolution: Resolution): string {
  if (resolution.kind !== 'local') return resolution.kind
  const { account, address, tag } = resolution.recipient
  return `${account.localPart} ${address}${tag === undefined ? '' : ` +${tag}`}`
}

test('where an address leads', async () => {
  const { accounts, store } = await site()
  await accounts.add({ address: 'tag+whole@example.org', password: 'x', quota: undefined })
  await accounts.add({ address: 'Off@example.org', password: 'x', quota: undefined })
  await accounts.setEnabled('off@example.org', false)
  await accounts.addAlias('closed@example.org', 'off@example.org')
  await accounts.addAlias('sales+eu@example.org', 'bob@bücher.example')
  const table: [string, string, string][] = [
    ['ann', 'example.org', 'ann ann@example.org'],
    ['ANN', 'EXAMPLE.org', 'ann ann@example.org'],
    ['ann+Lists', 'example.org', 'ann ann@example.org +Lists'],
    ['ann+', 'example.org', 'ann ann@example.org +'],
    ['ann+a+b', 'example.org', 'ann ann@example.org +a+b'],
    ['bob', 'bücher.example', 'bob bob@xn--bcher-kva.example'],
    ['bob', 'XN--BCHER-KVA.example', 'bob bob@xn--bcher-kva.example'],
    // An alias keeps the address that was written, and takes a tag as well.
    ['Sales', 'example.org', 'ann Sales@example.org'],
    ['sales+x', 'example.org', 'ann sales@example.org +x'],
    // What is an address as a whole is no tag.
    ['tag+whole', 'example.org', 'tag+whole tag+whole@example.org'],
    ['sales+eu', 'example.org', 'bob sales+eu@example.org'],
    ['off', 'example.org', 'disabled'],
    ['off+x', 'example.org', 'disabled'],
    ['closed', 'example.org', 'disabled'],
    ['nobody', 'example.org', 'unknown'],
    ['+ann', 'example.org', 'unknown'],
    ['nobody+ann', 'example.org', 'unknown'],
    ['ann', 'example.com', 'elsewhere'],
    ['ann', 'sub.example.org', 'elsewhere'],
    ['ann', '[192.0.2.1]', 'elsewhere'],
    ['ann', 'not a domain', 'elsewhere'],
    ['postmaster', '[192.0.2.1]', 'elsewhere'],
  ]
  for (const [localPart, domain, expected] of table)
    assert.equal(told(await accounts.resolve(localPart, domain)), expected, `${localPart}@${domain}`)
  assert.equal((await store.directory.listAliases()).length, 3)
})

test('postmaster and abuse always reach somebody', async () => {
  const { accounts } = await site()
  const where = async (localPart: string, domain: string): Promise<string> => told(await accounts.resolve(localPart, domain))
  // Nobody has the address: the default domain's first account that takes mail.
  assert.equal(await where('Postmaster', ''), 'ann postmaster@example.org')
  assert.equal(await where('abuse', 'example.org'), 'ann abuse@example.org')
  assert.equal(await where('abuse+spam', 'bücher.example'), 'ann abuse@xn--bcher-kva.example +spam')
  assert.equal(await where('tls-rpt', 'bücher.example'), 'ann tls-rpt@xn--bcher-kva.example')
  assert.equal(await where('postmaster', 'elsewhere.example'), 'elsewhere')
  await accounts.setEnabled('ann@example.org', false)
  assert.equal(await where('postmaster', 'example.org'), 'bob postmaster@example.org')
  await accounts.setEnabled('ann@example.org', true)
  // The default domain's postmaster serves the others, a domain's own one comes first.
  await accounts.addAlias('postmaster@example.org', 'bob@bücher.example')
  assert.equal(await where('postmaster', ''), 'bob postmaster@example.org')
  assert.equal(await where('abuse', 'bücher.example'), 'bob abuse@xn--bcher-kva.example')
  await accounts.addAlias('postmaster@bücher.example', 'ann@example.org')
  assert.equal(await where('abuse', 'bücher.example'), 'ann abuse@xn--bcher-kva.example')
  assert.equal(await where('postmaster+x', 'bücher.example'), 'ann postmaster@xn--bcher-kva.example +x')
  // One that takes no mail is passed over, as long as anybody is left.
  await accounts.setEnabled('ann@example.org', false)
  assert.equal(await where('postmaster', 'bücher.example'), 'bob postmaster@xn--bcher-kva.example')
  assert.equal(await where('abuse', 'bücher.example'), 'bob abuse@xn--bcher-kva.example')
  await accounts.setEnabled('bob@bücher.example', false)
  assert.equal(await where('postmaster', 'bücher.example'), 'disabled')
  assert.equal(await where('abuse', 'bücher.example'), 'unknown')
})

test('without accounts even postmaster is unknown, and without domains elsewhere', async () => {
  const { accounts } = await site()
  await accounts.remove('ann@example.org')
  await accounts.remove('bob@bücher.example')
  assert.equal(told(await accounts.resolve('postmaster', 'example.org')), 'unknown')
  await accounts.removeDomain('example.org')
  await accounts.removeDomain('bücher.example')
  assert.equal(told(await accounts.resolve('postmaster', '')), 'elsewhere')
})

test('whatever nobody has goes to the catch-all of its domain, if it takes mail', async () => {
  const { accounts } = await site()
  const where = async (localPart: string, domain: string): Promise<string> => told(await accounts.resolve(localPart, domain))
  await accounts.setCatchAll('Bücher.example', 'sales@example.org')
  assert.equal(await where('Any.One', 'bücher.example'), 'ann Any.One@xn--bcher-kva.example')
  assert.equal(await where('any+x', 'bücher.example'), 'ann any+x@xn--bcher-kva.example +x')
  assert.equal(await where('bob', 'bücher.example'), 'bob bob@xn--bcher-kva.example')
  assert.equal(await where('bob+x', 'bücher.example'), 'bob bob@xn--bcher-kva.example +x')
  assert.equal(await where('any', 'example.org'), 'unknown')
  assert.equal(await where('any', 'sub.bücher.example'), 'elsewhere')
  // What always works works as before; who is disabled has nobody in his place.
  await accounts.addAlias('postmaster@example.org', 'bob@bücher.example')
  assert.equal(await where('postmaster', 'bücher.example'), 'bob postmaster@xn--bcher-kva.example')
  await accounts.setEnabled('bob@bücher.example', false)
  assert.equal(await where('bob', 'bücher.example'), 'disabled')
  await accounts.setEnabled('ann@example.org', false)
  assert.equal(await where('any', 'bücher.example'), 'unknown')
  await accounts.setEnabled('ann@example.org', true)
  await accounts.setCatchAll('bücher.example', undefined)
  assert.equal(await where('any', 'bücher.example'), 'unknown')
})

test('who has moved is found at another address, also where a domain has a catch-all', async () => {
  const { accounts } = await site()
  await accounts.addMoved('Gone@example.org', 'new@Far.Example')
  await accounts.addMoved('abuse@example.org', 'abuse@far.example')
  await accounts.setCatchAll('example.org', 'ann@example.org')
  for (const localPart of ['gone', 'GONE', 'gone+x']) {
    assert.deepEqual(await accounts.resolve(localPart, 'example.org'), { kind: 'moved', to: 'new@far.example' })
  }
  assert.equal(told(await accounts.resolve('gone', 'bücher.example')), 'unknown')
  // These two cannot move (RFC 5321 section 4.5.1).
  assert.equal(told(await accounts.resolve('abuse', 'example.org')), 'ann abuse@example.org')
})

test('the catch-all may send as whom nobody is', async () => {
  const { accounts, ann, bob } = await site()
  await accounts.setCatchAll('bücher.example', 'ann@example.org')
  await accounts.addMoved('gone@bücher.example', 'new@far.example')
  const table: [string, boolean][] = [
    ['any', true],
    ['any+x', true],
    ['bob', false],
    ['bob+x', false],
    ['gone', false],
    ['gone+x', false],
    ['postmaster', false],
    ['Abuse+x', false],
  ]
  for (const [localPart, expected] of table) {
    assert.equal(await accounts.maySendAs(ann.id, localPart, 'bücher.example'), expected, localPart)
    assert.equal(await accounts.maySendAs(bob.id, localPart, 'bücher.example'), localPart.startsWith('bob'), localPart)
  }
  assert.equal(await accounts.maySendAs(ann.id, 'any', 'example.org'), false)
})

test('who may send as whom', async () => {
  const { accounts, ann, bob } = await site()
  const table: [string, string, boolean, boolean][] = [
    ['ann', 'example.org', true, false],
    ['Ann+news', 'EXAMPLE.ORG', true, false],
    ['sales', 'example.org', true, false],
    ['sales+x', 'example.org', true, false],
    ['bob', 'bücher.example', false, true],
    ['bob', 'xn--bcher-kva.example', false, true],
    ['bob', 'example.org', false, false],
    ['ann', 'elsewhere.example', false, false],
    ['postmaster', 'example.org', false, false],
    ['ann', '', false, false],
    ['ann', '[192.0.2.1]', false, false],
  ]
  for (const [localPart, domain, byAnn, byBob] of table) {
    assert.equal(await accounts.maySendAs(ann.id, localPart, domain), byAnn, `ann as ${localPart}@${domain}`)
    assert.equal(await accounts.maySendAs(bob.id, localPart, domain), byBob, `bob as ${localPart}@${domain}`)
  }
})
