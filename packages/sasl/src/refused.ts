import type { LoginFailure } from './credentials.ts'

/** A login that failed: answered as the table says, and counted. */
export class LoginRefused extends Error {
  override name = 'LoginRefused'
  readonly failure: LoginFailure

  constructor(failure: LoginFailure) {
    super(`login refused: ${failure}`)
    this.failure = failure
  }
}
