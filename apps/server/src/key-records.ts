import type { RecordLook } from '@mailstead/accounts'
import type { Resolver } from '@mailstead/resolver'

/** Looks for the records of keys in DNS. */
export function recordLook(resolver: Resolver): RecordLook {
  return async (name) => {
    const answer = await resolver.look('TXT', name)
    if (answer.kind === 'failed') return undefined
    return answer.kind === 'none' ? [] : answer.records
  }
}
