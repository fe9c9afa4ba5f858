import type { Credentials, LoginContext, LoginResult, ScramCandidate, ScramHash, ScramVerdict } from '../credentials.ts'
import { ask, fail, secureExchange } from '../exchange.ts'
import type { Mechanism, Step } from '../mechanism.ts'
import { decodeText } from '../text.ts'
import { parseClientFinal, parseClientFirst, type ClientFinal, type ClientFirst } from './messages.ts'
import { isProof, serverSignature } from './verifier.ts'

/**
 * SCRAM, RFC 5802 and RFC 7677: client-first, server-first, client-final, server-final. The last travels as a challenge
 * that the client answers with nothing, because neither IMAP, POP3 nor SMTP has room for data beside success.
 */
export function scram(hash: ScramHash, plus?: 'PLUS'): Mechanism {
  const binds = plus !== undefined
  return {
    name: binds ? `SCRAM-${hash}-PLUS` : `SCRAM-${hash}`,
    available: ({ scram: offered }, { channel }) => offered?.offers(hash) === true && (!binds || (channel?.bindings.length ?? 0) > 0),
    start(credentials, context) {
      let state: State = { expects: 'first' }
      return secureExchange(context, async (response) => {
        if (response === undefined) return state.expects === 'first' ? ask('') : fail('malformed')
        const text = decodeText(response)
        if (text === undefined) return fail('malformed')
        const [next, step] = await advance(state, text, { hash, binds, credentials, context })
        state = next
        return step
      })
    },
  }
}

interface Setting {
  readonly hash: ScramHash
  readonly binds: boolean
  readonly credentials: Credentials
  readonly context: LoginContext
}

interface Challenged {
  readonly expects: 'final'
  readonly first: ClientFirst
  readonly candidate: ScramCandidate
  readonly serverFirst: string
  readonly nonce: string
}

type State = { readonly expects: 'first' } | Challenged | { readonly expects: 'nothing'; readonly result: LoginResult }

function advance(state: State, text: string, setting: Setting): Promise<[State, Step]> {
  if (state.expects === 'first') return begin(state, text, setting)
  if (state.expects === 'final') return prove(state, text, setting)
  return Promise.resolve([state, text === '' ? { kind: 'done', result: state.result } : fail('malformed')])
}

async function begin(state: State, text: string, { hash, binds, credentials, context }: Setting): Promise<[State, Step]> {
  const { scram: verifiers } = credentials
  const first = parseClientFirst(text)
  // RFC 5802 section 6: the flag is `p` in the PLUS variants, and there only.
  if (first === undefined || verifiers === undefined || (typeof first.flag === 'object') !== binds) return [state, fail('malformed')]
  const candidate = await verifiers.find(first.user, hash, context)
  if (!candidate.ok) return [state, { kind: 'done', result: candidate }]
  const objection = objectionTo(first, context)
  if (objection !== undefined) return [state, { kind: 'done', result: await candidate.conclude(objection, first.authorize) }]
  const nonce = `${first.nonce}${candidate.nonce}`
  const { salt, iterations } = candidate.verifier
  const serverFirst = `r=${nonce},s=${Buffer.from(salt).toString('base64')},i=${iterations}`
  return [{ expects: 'final', first, candidate, serverFirst, nonce }, ask(serverFirst)]
}

/** RFC 5802 section 6: what the client says of channel binding must fit what this connection has. */
function objectionTo({ flag }: ClientFirst, { channel }: LoginContext): ScramVerdict | undefined {
  if (flag === 'server-has-none') return (channel?.bindings.length ?? 0) > 0 ? 'downgraded' : undefined
  if (flag === 'no-binding' || channel?.binding(flag.type) !== undefined) return undefined
  return 'binding-not-supported'
}

async function prove(state: Challenged, text: string, { hash, context }: Setting): Promise<[State, Step]> {
  const { first, candidate, serverFirst, nonce } = state
  const final = parseClientFinal(text)
  if (final === undefined || final.nonce !== nonce) return [state, fail('malformed')]
  const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`
  const proven = isProof(hash, candidate.verifier, authMessage, final.proof)
  const bound = isBound(first, final, context)
  const result = await candidate.conclude(!bound ? 'binding-mismatch' : proven ? 'proven' : 'wrong-proof', first.authorize)
  if (!result.ok) return [state, { kind: 'done', result }]
  return [{ expects: 'nothing', result }, ask(`v=${serverSignature(hash, candidate.verifier, authMessage)}`)]
}

/** cbind-input = gs2-header [ cbind-data ]: the client saw the same channel and sent the same header as we have. */
function isBound({ flag, gs2Header }: ClientFirst, { binding }: ClientFinal, { channel }: LoginContext): boolean {
  const data = typeof flag === 'object' ? channel?.binding(flag.type) : new Uint8Array(0)
  return data !== undefined && Buffer.concat([Buffer.from(gs2Header), data]).equals(binding)
}
