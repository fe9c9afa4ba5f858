import type { Clock } from '@mailstead/base'
import { MAX_PROVIDER_ANSWER, PROVIDER_TIME } from '../limits.ts'
import { ProviderError } from './token.ts'

/** A JSON object from the provider, bounded in time and octets; no redirect is followed. Rejects with `ProviderError`. */
export async function fetchJson(url: string, request: RequestInit, clock: Clock): Promise<Readonly<Record<string, unknown>>> {
  const abort = new AbortController()
  const timer = clock.after(PROVIDER_TIME, () => abort.abort(new Error(`no answer in ${PROVIDER_TIME} ms`)))
  try {
    const answer = await fetch(url, { ...request, redirect: 'error', signal: abort.signal })
    if (!answer.ok) {
      await answer.body?.cancel()
      throw new Error(`HTTP status ${answer.status}`)
    }
    const value: unknown = JSON.parse(await read(answer))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no JSON object')
    return value as Readonly<Record<string, unknown>>
  } catch (error) {
    throw new ProviderError(`${url}: ${reason(error)}`, { cause: error })
  } finally {
    timer.cancel()
  }
}

async function read(answer: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let octets = 0
  for await (const piece of answer.body ?? []) {
    pieces.push(piece)
    octets += piece.length
    if (octets > MAX_PROVIDER_ANSWER) throw new Error(`more than ${MAX_PROVIDER_ANSWER} octets`)
  }
  return Buffer.concat(pieces).toString()
}

/** "fetch failed" says nothing; what is behind it does. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
