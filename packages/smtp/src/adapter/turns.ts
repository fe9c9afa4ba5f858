import { TURN } from '../limits.ts'

let began: number | undefined
let waiting: (() => void)[] = []
let running = false

/** Whether work that could also wait has had its share of this turn of the event loop. */
function isOver(): boolean {
  const now = performance.now()
  if (began === undefined) {
    began = now
    setImmediate(() => (began = undefined))
  }
  return now - began >= TURN
}

/**
 * Runs it now, or in one of the next turns when this one has been long enough: in the order in which connections have asked, so that
 * thousands who pipeline without end hold up nobody but each other.
 */
export function inTurn(run: () => void): void {
  if (!running && waiting.length === 0 && !isOver()) run()
  else if (waiting.push(run) === 1 && !running) setImmediate(nextRound)
}

function nextRound(): void {
  const round = waiting
  waiting = []
  const until = performance.now() + TURN
  let done = 0
  running = true
  do round[done++]?.()
  while (done < round.length && performance.now() < until)
  running = false
  waiting = [...round.slice(done), ...waiting]
  if (waiting.length > 0) setImmediate(nextRound)
}
