import type { Actor } from './actor.ts'
import { flagChange, targets, uidsOf } from './targets.ts'

/** Loses the connection in the midst of something, logs out, or selects the other mailbox. */
export async function reconnect(actor: Actor): Promise<void> {
  const { random, truth, world } = actor
  const [main, other] = actor.mailboxes
  // Only who knows everything can go on from there.
  if (random.chance(0.7)) await actor.learnNew()
  switch (random.int(4)) {
    case 0: {
      await actor.logOut()
      actor.reconnects++
      return actor.connect()
    }
    case 1: {
      const close = actor.kind === 'plain' && random.chance(0.3)
      if (close) await actor.removing(() => actor.run([{ text: 'CLOSE' }]), 'all')
      else actor.leave()
      return actor.select(truth.mailbox === main && random.chance(0.4) ? other : main)
    }
    default: {
      const chosen = targets(actor)
      const commands = ['NOOP']
      if (chosen.length > 0 && random.chance(0.7)) {
        const { sign, flags } = flagChange(actor)
        for (const { uid } of chosen) truth.act(uid, { client: actor.name, sign, flags, unless: undefined })
        commands.unshift(`UID STORE ${uidsOf(chosen)} ${sign}FLAGS (${flags.join(' ')})`)
      }
      if (chosen.length > 0 && actor.mayMove && random.chance(0.2)) {
        for (const { uid } of chosen) {
          const told = truth.of(uid)
          told.moved = true
          told.looseCopies++
          world.mailbox(other).mayHaveArrived++
        }
        commands.push(`UID MOVE ${uidsOf(chosen)} ${other}`)
      }
      if (random.chance(0.3)) {
        const text = world.write(actor.name, random.int(300))
        world.loose(world.nameOf(text, 'APPEND'))
        world.mailbox(main).mayHaveArrived++
        commands.push(`APPEND ${main} {${text.length}+}\r\n${text}`)
      }
      if (random.chance(0.2)) commands.push('EXPUNGE')
      const removes = commands.some((command) => /MOVE|EXPUNGE/.test(command))
      const cut = (): Promise<void> => actor.cut(commands, random.int(4))
      return removes ? actor.removing(cut, 'all') : cut()
    }
  }
}
