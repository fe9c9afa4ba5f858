/** Everybody who bothers the server, in a process of its own. Tells every second how many there are, and at the end how they ended. */
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '@mailstead/testkit'
import { Conversation, type End } from './conversation.ts'
import { type Kind, KINDS, type PortName } from './kinds.ts'
import type { Times } from './times.ts'

export interface AttackersOptions {
  readonly seed: number
  readonly ports: Readonly<Record<PortName, number>>
  readonly times: Times
  readonly addresses: readonly string[]
  /** Kinds whose name has it; undefined: all. */
  readonly only?: string | undefined
  /** ms in which they come. */
  readonly ramp: number
}

/** By kind: how many are connected, and how conversations have ended so far. */
export type Crowd = Readonly<Record<string, { readonly open: number; readonly ends: Readonly<Record<End, number>> }>>

interface Count {
  open: number
  readonly ends: Record<End, number>
}

const options = JSON.parse(process.argv[2] ?? '{}') as AttackersOptions
const counts = new Map<string, Count>()
const run = { goesOn: true }
process.once('disconnect', () => process.exit())
process.on('message', () => {
  run.goesOn = false
})

let slots = 0
for (const kind of KINDS) {
  counts.set(kind.name, { open: 0, ends: { 'with a reply': 0, cut: 0, 'by the client': 0, never: 0 } })
  if (!kind.name.includes(options.only ?? '')) continue
  for (let i = 0; i < kind.count; i++) void attack(kind, ++slots)
}
setInterval(() => process.send?.(Object.fromEntries(counts) satisfies Crowd), 1000)

/** One after the other, each from an address of its own. */
async function attack(kind: Kind, slot: number): Promise<void> {
  const { seed, ports, times, addresses, ramp } = options
  const random = seeded(seed * 65_536 + slot)
  const count = counts.get(kind.name) as Count
  await sleep(random.int(ramp))
  while (run.goesOn) {
    const port = random.pick(kind.ports)
    const talk = new Conversation(ports[port], `127.${1 + random.int(250)}.${random.int(250)}.${1 + random.int(250)}`)
    count.open++
    const left = await kind.run({ talk, random, times, addresses })
    if (left === 'left') talk.leave()
    const end = left === 'left' ? 'by the client' : await talk.end(kind.patience(times, port))
    count.open--
    count.ends[end]++
    await sleep(random.int(200))
  }
}
