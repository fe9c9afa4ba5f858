import type { TestContext } from 'node:test'
import { silentLogger, systemClock } from '@mailstead/base'
import type { SqliteStore } from '@mailstead/sqlite'
import { NO_FLAGS, type Blobs, type Flags, type MailStore, type Uid } from '@mailstead/store'
import type { CommandContext } from '../src/command.ts'
import { ConnectionLost, type Output } from '@mailstead/net'
import { ListedValues } from '../src/fetch/listed.ts'
import { KeyColumns } from '../src/keys/key-columns.ts'
import { MailboxIndexes } from '../src/mailbox-indexes.ts'
import { Progress } from '../src/progress.ts'
import { Responder } from '../src/responses.ts'
import type { Selected } from '../src/session.ts'
import { MailboxView } from '../src/view.ts'
import { addAccount } from './support.ts'

export interface Bench {
  readonly context: CommandContext<Selected>
  readonly uids: readonly Uid[]
  /** What was written so far. */
  readonly written: string
  readonly destroyed: boolean
  /** From now on the client is gone. */
  lose(): void
}

export interface Message {
  readonly octets: string
  readonly flags?: Flags
}

/** A selected INBOX with these messages, without a connection, and a store some of whose methods are replaced. */
export async function selectInbox(
  t: Pick<TestContext, 'after'>,
  store: SqliteStore,
  messages: readonly Message[],
  replace: (mail: MailStore) => { readonly store?: Partial<MailStore>; readonly blobs?: Partial<Blobs> } = () => ({}),
): Promise<Bench> {
  const account = await addAccount(store)
  const mail = store.stores.for(account.id)
  const { id } = await mail.openMailbox('INBOX')
  const uids: Uid[] = []
  for (let at = 0; at < messages.length; at += 500) uids.push(...(await append(mail, id, messages.slice(at, at + 500))))
  const mailbox = await mail.openMailbox('INBOX')
  const indexes = new MailboxIndexes(store.stores, silentLogger, 1000)
  const index = await indexes.acquire(mail, mailbox)
  const view = new MailboxView(index, mailbox, 0, false)
  t.after(() => {
    view.close()
    indexes.release(index)
  })
  const replaced = replace(mail)
  const wrapped = withReplaced(mail, { blobs: withReplaced(mail.blobs, replaced.blobs ?? {}), ...replaced.store })
  const state = { written: '', lost: false, destroyed: false }
  const context = {
    session: { state: 'selected', store: wrapped, account: account.id, view, readOnly: false, enabled: new Set<string>() },
    respond: new Responder(outputInto(state)),
    services: { clock: systemClock, keys: new KeyColumns(), listed: new ListedValues() },
    progress: new Progress(),
    peer: { log: silentLogger, destroy: () => void (state.destroyed = true) },
  } as unknown as CommandContext<Selected>
  return {
    context,
    uids,
    get written() {
      return state.written
    },
    get destroyed() {
      return state.destroyed
    },
    lose: () => void (state.lost = true),
  }
}

async function append(mail: MailStore, mailbox: Parameters<MailStore['append']>[0], messages: readonly Message[]): Promise<readonly Uid[]> {
  const staged = []
  for (const { octets, flags = NO_FLAGS } of messages) {
    const writer = mail.blobs.stage()
    for (let at = 0; at < octets.length; at += 100_000) await writer.write(Buffer.from(octets.slice(at, at + 100_000)))
    staged.push({ blob: await writer.finish(), flags, internalDate: { at: Date.UTC(2026, 0, 15), zone: 0 } })
  }
  return (await mail.append(mailbox, staged)).uids
}

function withReplaced<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get(_, key) {
      if (key in replaced) return replaced[key as keyof T]
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function outputInto(state: { written: string; lost: boolean }): Output {
  return {
    write: (text: string) => void (state.written += text),
    bytes: (octets: Uint8Array) => void (state.written += Buffer.from(octets).toString('latin1')),
    flush: () => {},
    whenSent: (action: () => void) => action(),
    drain() {
      if (state.lost) throw new ConnectionLost('the client is gone')
    },
  } as unknown as Output
}
