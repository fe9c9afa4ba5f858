import type { LoginContext, LoginFailure } from './credentials.ts'
import type { Exchange, Step } from './mechanism.ts'

export const fail = (failure: LoginFailure): Step => ({ kind: 'done', result: { ok: false, failure } })

export const ask = (data: string): Step => ({ kind: 'challenge', data: new TextEncoder().encode(data) })

/**
 * Runs a mechanism: refused before the client is asked for anything when the connection is not secure – a password or
 * token would travel in clear, a SCRAM exchange could be guessed at by whoever listens – and over after the first `done`.
 */
export function secureExchange(context: LoginContext, next: (response: Uint8Array | undefined) => Promise<Step> | Step): Exchange {
  let done = false
  return {
    async next(response) {
      if (done) return fail('malformed')
      const step = context.secure ? await next(response) : fail('encryption-required')
      done = step.kind === 'done'
      return step
    },
  }
}
