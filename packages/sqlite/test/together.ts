import { FAULT, HELD, HOLD, NONE, type Control } from './faults.ts'

/** Makes `calls` members of one group: the writer is held in the group of `first` until all are posted. */
export async function together<T>(
  control: Control,
  first: () => Promise<unknown>,
  calls: () => Promise<T>[],
): Promise<PromiseSettledResult<T>[]> {
  const fault = control[FAULT] as number
  control[FAULT] = NONE
  Atomics.store(control, HELD, 0)
  Atomics.store(control, HOLD, 1)
  const held = first()
  while (Atomics.load(control, HELD) === 0) await new Promise((resolve) => setImmediate(resolve))
  control[FAULT] = fault
  const settled = Promise.allSettled(calls())
  Atomics.store(control, HOLD, 0)
  Atomics.notify(control, HOLD)
  await held
  return settled
}
