import type { AccountService, Resolution } from '@mailstead/accounts'
import {
  type Account,
  type AccountId,
  type AcceptPlan,
  type BlobWriter,
  type DeliveryOutcome,
  type Intake,
  type QueueId,
} from '@mailstead/store'

/** Accounts of example.org; `full` has no room. */
export function fakeAccounts(names: readonly string[]): {
  readonly service: Pick<AccountService, 'resolve' | 'maySendAs' | 'reserve'>
  /** Octets reserved and not given back. */
  reserved(): number
} {
  const accounts = new Map(names.map((localPart, i) => [localPart, account(i + 1, localPart)]))
  const aliases = new Map([['info', 'ann']])
  let reserved = 0
  return {
    reserved: () => reserved,
    service: {
      resolve(localPart, domain): Promise<Resolution> {
        if (domain !== '' && domain.toLowerCase() !== 'example.org') return Promise.resolve({ kind: 'elsewhere' })
        const [name = '', tag] = localPart.toLowerCase().split('+')
        const found = accounts.get(aliases.get(name) ?? name)
        if (found === undefined) return Promise.resolve({ kind: 'unknown' })
        return Promise.resolve({ kind: 'local', recipient: { account: found, address: `${name}@example.org`, tag } })
      },
      maySendAs: (id, localPart, domain) =>
        Promise.resolve(domain.toLowerCase() === 'example.org' && accounts.get(localPart.split('+')[0] ?? '')?.id === id),
      reserve(id, size) {
        if (accounts.get('full')?.id === id) return Promise.resolve(undefined)
        reserved += size
        let held = size
        return Promise.resolve({
          release() {
            reserved -= held
            held = 0
          },
        })
      },
    },
  }
}

function account(id: number, localPart: string): Account {
  return {
    id: id as AccountId,
    localPart,
    domain: 'example.org',
    enabled: true,
    quota: undefined,
    messageQuota: undefined,
    role: 'user',
    language: localPart === 'bob' ? 'ru' : undefined,
    usedOctets: 0,
    usedMessages: 0,
    createdAt: 0,
    lastLoginAt: undefined,
    capabilitiesOff: [],
  }
}

export interface FakeIntake extends Intake {
  readonly plans: AcceptPlan[]
  /** Answers of the next acceptance; default: all kept. */
  answer: ((plan: AcceptPlan) => readonly DeliveryOutcome[] | Error) | undefined
}

export function fakeIntake(): FakeIntake {
  let count = 0
  const intake: FakeIntake = {
    plans: [],
    answer: undefined,
    mintQueueId: () => `Q${++count}` as QueueId,
    accept(plan) {
      intake.plans.push(plan)
      const answer = intake.answer?.(plan)
      if (answer instanceof Error) return Promise.reject(answer)
      return Promise.resolve(answer ?? plan.deliveries.map((_, i) => ({ ok: true, mailbox: 1, uid: i + 1 }) as DeliveryOutcome))
    },
    trace: () => Promise.resolve([]),
    traced: () => Promise.resolve([]),
  }
  return intake
}

/** A writer that keeps everything, and says what became of it. */
export interface FakeWriter extends BlobWriter {
  text(): string
  readonly state: 'open' | 'finished' | 'aborted' | 'released'
}

export function fakeWriter(): FakeWriter {
  const chunks: Uint8Array[] = []
  let state: FakeWriter['state'] = 'open'
  return {
    get state() {
      return state
    },
    get size() {
      return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    },
    text: () => Buffer.concat(chunks).toString('latin1'),
    write(chunk) {
      chunks.push(Uint8Array.from(chunk))
      return undefined
    },
    finish() {
      state = 'finished'
      const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      const release = (): Promise<void> => {
        state = 'released'
        return Promise.resolve()
      }
      const read = (offset: number, length: number): Promise<Uint8Array> =>
        Promise.resolve(Buffer.concat(chunks).subarray(offset, offset + length))
      return Promise.resolve({ size, rendered: {} as never, read, release })
    },
    abort() {
      if (state === 'open') state = 'aborted'
      return Promise.resolve()
    },
  }
}
