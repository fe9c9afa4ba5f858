import assert from 'node:assert/strict'
import { seeded } from '@mailstead/testkit'
import type { Client } from '../client.ts'
import { act } from './acts.ts'
import { Actor } from './actor.ts'
import type { Kind } from './belief.ts'
import { nextUid, readAll, verify, type Figures, type Final } from './verify.ts'
import { World } from './world.ts'

export interface HammerOptions {
  readonly seed: number
  readonly clients: number
  /** Opens a connection that has read the greeting and logged in. */
  readonly connect: () => Promise<Client>
  /** Two that are empty, or hold only what an earlier run has left. */
  readonly mailboxes: readonly [string, string]
  /** Asked before each act of a client whether it goes on; `acts`: those it has done. */
  readonly goesOn: (acts: number) => boolean
  /** IDLE lasts up to this many milliseconds. */
  readonly idle: number
  /** What others do at the same time, until they are told to stop. */
  readonly beside?: readonly ((world: World, goesOn: () => boolean) => Promise<void>)[]
  /** Is given every line that is said. */
  readonly trace?: (line: string) => void
}

export interface Report extends Figures {
  readonly commands: number
  readonly reconnects: number
  readonly resyncs: number
}

const KINDS: readonly Kind[] = ['qresync', 'condstore', 'plain', 'qresync']

/**
 * Clients do one thing after another by chance on two mailboxes, none waiting for the others. Throws an AssertionError when one is told
 * what cannot be, or not told what it should: with the last lines of all clients.
 */
export async function hammer(options: HammerOptions): Promise<Report> {
  const { clients, seed, connect, mailboxes } = options
  const world = new World(options.trace)
  const actors = Array.from({ length: clients }, (_, index) => {
    const kind = KINDS[index % KINDS.length] ?? 'plain'
    return new Actor({
      name: `${kind[0]}${index}`,
      kind,
      notified: index % KINDS.length === 3,
      world,
      random: seeded(seed * 1000 + index),
      connect,
      mailboxes,
      staying: options.beside !== undefined,
    })
  })
  try {
    const first = await connect()
    const before = new Map<string, number>()
    for (const mailbox of mailboxes) before.set(mailbox, await nextUid(first, mailbox))
    first.socket.destroy()
    await together(actors, world, options)
    const ends = new Map<string, Map<number, Final>>()
    const last = await connect()
    await quiet(last, mailboxes)
    const given = new Map<string, number>()
    for (const mailbox of mailboxes) {
      given.set(mailbox, (await nextUid(last, mailbox)) - (before.get(mailbox) ?? 0))
      ends.set(mailbox, await readAll(last, world.mailbox(mailbox)))
    }
    for (const actor of actors) await settle(actor, ends.get(mailboxes[0]) ?? new Map())
    last.socket.destroy()
    const figures = verify(world, ends, given)
    const sum = (of: (actor: Actor) => number): number => actors.reduce((total, actor) => total + of(actor), 0)
    return {
      ...figures,
      commands: sum((actor) => actor.commands),
      reconnects: sum((actor) => actor.reconnects),
      resyncs: sum((actor) => actor.resyncs),
    }
  } catch (error) {
    if (!(error instanceof assert.AssertionError)) throw error
    const said = actors.flatMap((actor) => actor.said).sort((a, b) => Number.parseInt(a) - Number.parseInt(b))
    throw new assert.AssertionError({ message: `${error.message}\n\nlast said:\n${said.join('\n')}`, operator: 'hammer' })
  } finally {
    for (const actor of actors) actor.drop()
  }
}

/** Until nothing changes any more: commands of clients that have gone may still be running. */
async function quiet(client: Client, mailboxes: readonly string[]): Promise<void> {
  const state = async (): Promise<string> => {
    const told = []
    for (const mailbox of mailboxes) told.push(await client.ok(`STATUS ${mailbox} (MESSAGES UIDNEXT HIGHESTMODSEQ)`))
    return JSON.stringify(told.map((lines) => lines.filter((line) => line.startsWith('*'))))
  }
  let before = ''
  for (let same = 0; same < 3;) {
    const now = await state()
    same = now === before ? same + 1 : 0
    before = now
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** When one fails, the others end as soon as they can. */
async function together(actors: readonly Actor[], world: World, { goesOn, idle, beside = [] }: HammerOptions): Promise<void> {
  const run: { failure?: { readonly error: unknown } } = {}
  const guarded = async (name: string, body: () => Promise<void>): Promise<void> => {
    try {
      await body()
    } catch (error) {
      run.failure ??= { error: said(name, error) }
    }
  }
  await Promise.all([
    ...actors.map((actor) =>
      guarded(actor.name, async () => {
        await actor.connect()
        for (let acts = 0; run.failure === undefined && goesOn(acts); acts++) await act(actor, idle)
      }),
    ),
    ...beside.map((other, index) => guarded(`beside ${index}`, () => other(world, () => run.failure === undefined && goesOn(0)))),
  ])
  if (run.failure !== undefined) throw run.failure.error
}

function said(name: string, error: unknown): unknown {
  return error instanceof assert.AssertionError
    ? new assert.AssertionError({ message: `${name}: ${error.message}`, operator: 'hammer' })
    : error
}

/** Everybody has stopped: after a NOOP the client knows what there is; after another QRESYNC it still does. */
async function settle(actor: Actor, end: ReadonlyMap<number, Final>): Promise<void> {
  const [mailbox] = actor.mailboxes
  if (actor.truth.mailbox !== mailbox) {
    actor.leave()
    await actor.select(mailbox)
  }
  await actor.run([{ text: 'NOOP' }])
  check(actor, end, 'after NOOP')
  if (actor.belief.messages.length > 0) await actor.learn('1:*')
  check(actor, end, 'after FETCH')
  await actor.logOut()
  await actor.connect(mailbox)
  check(actor, end, 'after QRESYNC')
}

function check(actor: Actor, end: ReadonlyMap<number, Final>, when: string): void {
  const { messages } = actor.belief
  const uids = [...end.keys()].sort((a, b) => a - b)
  assert.equal(messages.length, uids.length, `${actor.name} counts ${messages.length} messages ${when}, there are ${uids.length}`)
  for (const [index, { uid, flags, modSeq }] of messages.entries()) {
    const real = uids[index] ?? 0
    if (uid !== undefined) assert.equal(uid, real, `${actor.name}, number ${index + 1} ${when}`)
    if (flags !== undefined) assert.equal(flags, end.get(real)?.flags, `${actor.name} was not told the flags of UID ${real} ${when}`)
    if (modSeq !== undefined) assert.equal(modSeq, end.get(real)?.modSeq, `${actor.name} was not told the modseq of UID ${real} ${when}`)
  }
}
