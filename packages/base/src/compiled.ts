import { setFlagsFromString } from 'node:v8'

/**
 * Keeps what V8 has compiled, and what it has learnt of it, in all threads. By itself it forgets what was not run between six collections, and a busy server has
 * one every few seconds: what one user does once a minute would always run at the pace of a first time.
 *
 * To be called once all is loaded: cached code is taken only by a process whose flags are those it was compiled with.
 */
export function keepCompiled(): void {
  setFlagsFromString('--no-flush-bytecode')
}
