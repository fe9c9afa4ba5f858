import { decodeResponse, encodeChallenge } from './base64.ts'
import type { LoginResult } from './credentials.ts'
import type { Exchange } from './mechanism.ts'

/**
 * Challenges and responses until the mechanism has decided, the same for every protocol. `initial` is the initial
 * response as it was sent. `ask` sends a challenge and resolves to the client's line, `*` when it cancels (RFC 3501
 * section 6.2.2, RFC 4954 section 4, RFC 5034 section 4), `undefined` when what came is no line.
 */
export async function converse(
  exchange: Exchange,
  initial: string | undefined,
  ask: (challenge: string) => Promise<string | undefined>,
): Promise<LoginResult> {
  let response = initial === undefined ? undefined : decodeResponse(initial)
  for (;;) {
    if (response === 'cancel') return { ok: false, failure: 'cancelled' }
    if (response === 'malformed') return { ok: false, failure: 'malformed' }
    const step = await exchange.next(response)
    if (step.kind === 'done') return step.result
    const line = await ask(encodeChallenge(step.data))
    response = line === undefined ? 'malformed' : decodeResponse(line)
  }
}
