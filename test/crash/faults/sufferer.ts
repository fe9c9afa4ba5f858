import { setTimeout as wait } from 'node:timers/promises'
import { acts } from '../acts/acts.ts'
import type { Owner } from '../acts/owner.ts'

/** How a server says that it cannot now and may later: RFC 5321 section 4.2.1, RFC 5530 section 3, RFC 3206 section 4. */
const LATER = /(^|: )(4\d\d[ -]|\S+ NO \[UNAVAILABLE\]|\* BYE \[UNAVAILABLE\]|-ERR \[SYS\/TEMP\])/

/** ms between two attempts to look. */
const PAUSE = 100

/** What an owner met. */
export interface Suffering {
  readonly problems: string[]
  /** Answers that refused an act for now. */
  refused: number
}

/**
 * Acts on, whatever is refused, until `over`. After each refusal the owner looks what there is: what it was before the act, or what it would have
 * been after. `troubled`: whether anything may be refused now.
 */
export async function suffer(owner: Owner, suffering: Suffering, over: () => boolean, troubled: () => boolean): Promise<void> {
  const note = (error: unknown): void => {
    const words = error instanceof Error ? error.message : String(error)
    if (!LATER.test(words) || !troubled()) suffering.problems.push(`${owner.user}: ${words.slice(0, 300)}`)
    else suffering.refused++
  }
  while (!over() && suffering.problems.length === 0) {
    try {
      const client = await owner.imap()
      while (!over()) await owner.random.pick(acts)(owner, client)
    } catch (error) {
      note(error)
    }
    await lookAgain(owner, suffering, note)
  }
}

async function lookAgain(owner: Owner, suffering: Suffering, note: (error: unknown) => void): Promise<void> {
  while (suffering.problems.length === 0) {
    try {
      suffering.problems.push(...(await owner.check()))
      return
    } catch (error) {
      note(error)
      owner.leave()
      await wait(PAUSE)
    }
  }
}
