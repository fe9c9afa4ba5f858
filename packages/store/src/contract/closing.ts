import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_FLAGS } from '../flags.ts'
import { StandingClock, type OpenBackend } from './backend.ts'
import { delivery, DOMAIN, newPerson, NOON, plan, rejectsWith, stage, text } from './fixture.ts'

/** What closing does to those who still call. */
export function closingTests(open: OpenBackend): void {
  test('what was called before closing is done, what comes after is unavailable', async () => {
    const clock = new StandingClock()
    const backend = await open(clock)
    try {
      await backend.directory.addDomain(DOMAIN)
      const { store, inbox, account } = await newPerson({ backend, clock })
      const blob = await stage(backend, text('x'))
      const late = await stage(backend, text('late'))
      const accepted = await plan(backend, text('late'), { deliveries: [delivery(account.id)] })
      const last = store.append(inbox.id, [{ blob, flags: NO_FLAGS, internalDate: NOON }])
      const closing = backend.close()
      assert.deepEqual((await last).uids, [1])
      await closing
      await rejectsWith('unavailable', store.listMailboxes())
      await rejectsWith('unavailable', store.append(inbox.id, [{ blob: late, flags: NO_FLAGS, internalDate: NOON }]))
      await rejectsWith('unavailable', backend.intake.accept(accepted))
      await rejectsWith('unavailable', backend.directory.listDomains())
      await rejectsWith('unavailable', backend.maintenance.status())
      backend.directory.noteLogin(account.id, 1, 1)
      await backend.close()
    } finally {
      await backend.close()
      await backend.dispose()
    }
  })

  test('the last login is noted, on closing at the latest', async () => {
    const clock = new StandingClock()
    const backend = await open(clock)
    let again = backend
    try {
      const { directory } = backend
      await directory.addDomain(DOMAIN)
      const { account } = await newPerson({ backend, clock })
      directory.noteLogin(account.id, 0, clock.now())
      clock.advance(1000)
      directory.noteLogin(account.id, (await directory.credentials(account.id))[0]?.id ?? 0, clock.now())
      again = await backend.reopen()
      assert.equal((await again.directory.account(account.id))?.lastLoginAt, clock.now())
    } finally {
      await again.close()
      await again.dispose()
    }
  })

  test('status counts what is there', async () => {
    const clock = new StandingClock()
    const backend = await open(clock)
    try {
      await backend.directory.addDomain(DOMAIN)
      const { store, inbox } = await newPerson({ backend, clock })
      await store.append(inbox.id, [{ blob: await stage(backend, text('x')), flags: NO_FLAGS, internalDate: NOON }])
      const { commits, acts, commitMs } = await backend.maintenance.figures()
      assert.ok(commits > 0 && acts >= commits && commitMs > 0)
      await backend.directory.addDomain('figures.test')
      const after = await backend.maintenance.figures()
      assert.deepEqual([after.commits, after.acts], [commits + 1, acts + 1])
      assert.ok(after.databaseSize > 0)
      const { accounts, messages, databaseSize, schema } = await backend.maintenance.status()
      assert.deepEqual([accounts, messages], [1, 1])
      assert.ok(databaseSize > 0 && schema > 0)
    } finally {
      await backend.close()
      await backend.dispose()
    }
  })
}
