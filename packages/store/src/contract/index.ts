import { after, before, describe } from 'node:test'
import assert from 'node:assert/strict'
import { actTests } from './acts.ts'
import { StandingClock, type Backend, type OpenBackend } from './backend.ts'
import { changeTests } from './changes.ts'
import { closingTests } from './closing.ts'
import { directoryTests } from './directory.ts'
import { domainKeyTests } from './domain-keys.ts'
import { DOMAIN, type Fixture } from './fixture.ts'
import { forwardingTests } from './forwarding.ts'
import { greylistTests } from './greylist.ts'
import { intakeTests } from './intake.ts'
import { mailboxTests } from './mailboxes.ts'
import { keyTests } from './keys.ts'
import { messageTests } from './messages.ts'
import { metadataTests } from './metadata.ts'
import { urlKeyTests } from './url-keys.ts'
import { queueActTests } from './queue-acts.ts'
import { queueCopyTests } from './queue-copies.ts'
import { queueHandoverTests } from './queue-handover.ts'
import { queueLeaseTests } from './queue-leases.ts'
import { queueLocalTests } from './queue-local.ts'
import { queueRandomTests } from './queue-random.ts'
import { randomTests } from './random-acts.ts'
import { searchTests } from './searches.ts'
import { sentMailTests } from './sent-mail.ts'
import { sharingTests } from './sharing.ts'
import { stsPolicyTests } from './sts-policies.ts'
import { tlsReportTests } from './tls-reports.ts'
import { suppressionTests } from './suppressions.ts'
import { traceTests } from './trace.ts'

export { StandingClock, type Backend, type OpenBackend } from './backend.ts'
export { chooseSeed, Random } from './random.ts'
export { unreliable } from './unreliable.ts'
export * from './fixture.ts'
export { QueueBench, queuedTo } from './queue-bench.ts'

const GROUPS: Readonly<Record<string, (given: () => Fixture) => void>> = {
  mailboxes: mailboxTests,
  messages: messageTests,
  keys: keyTests,
  annotations: metadataTests,
  'keys of URLs': urlKeyTests,
  'flags, copy, move, expunge': actTests,
  changes: changeTests,
  searches: searchTests,
  intake: intakeTests,
  trace: traceTests,
  'sent mail': sentMailTests,
  directory: directoryTests,
  'keys of domains': domainKeyTests,
  forwarding: forwardingTests,
  greylist: greylistTests,
  'MTA-STS policies': stsPolicyTests,
  'TLS reports': tlsReportTests,
  sharing: sharingTests,
  'random acts': randomTests,
}

/** What every implementation of the boundaries must do. Registers its tests with node:test; call it from a test file. */
export function contract(name: string, open: OpenBackend): void {
  describe(`${name} keeps the contract of the store`, () => {
    for (const [group, tests] of Object.entries(GROUPS)) {
      describe(group, () => {
        const clock = new StandingClock()
        let backend: Backend | undefined
        before(async () => {
          backend = await open(clock)
          await backend.directory.addDomain(DOMAIN)
        })
        after(async () => {
          const problems = await backend?.check()
          await backend?.close()
          await backend?.dispose()
          assert.deepEqual(problems, [])
        })
        tests(() => {
          assert.ok(backend)
          return { backend, clock }
        })
      })
    }
    describe('queue: lanes, leases, settlements', () => queueLeaseTests(open))
    describe('queue: what is claimed with its acceptance', () => queueHandoverTests(open))
    describe('queue: copies', () => queueCopyTests(open))
    describe('queue: reports, lists, acts', () => queueActTests(open))
    describe('queue: mailboxes of this server, schedules', () => queueLocalTests(open))
    describe('suppressions', () => suppressionTests(open))
    describe('queue: random acts', () => queueRandomTests(open))
    describe('closing', () => closingTests(open))
  })
}
