import type { DnsAnswer, DnsFailure, DnsType, RecordData, Resolver } from './answer.ts'
import { dnsName } from './names.ts'

type Scripted<T> = readonly T[] | DnsFailure | { readonly records: readonly T[]; readonly authenticated: boolean; readonly alias?: string }

/** Name → type → records, or a failure. A name with other types has no such record; a name that is not there does not exist. */
export type DnsScript = Readonly<Record<string, { readonly [T in DnsType]?: Scripted<RecordData[T]> }>>

/** A resolver for tests: answers from a script, and asks nobody. `asked` gathers `TYPE name`. */
export function scriptedResolver(script: DnsScript): Resolver & { readonly asked: readonly string[] } {
  const asked: string[] = []
  return {
    asked,
    async look<T extends DnsType>(type: T, name: string): Promise<DnsAnswer<RecordData[T]>> {
      asked.push(`${type} ${name}`)
      const plain = dnsName(name)
      if (plain === undefined) return { kind: 'failed', reason: 'bad-name' }
      const entry = script[plain]
      if (entry === undefined) return { kind: 'none', reason: 'no-such-name', authenticated: false }
      const found = entry[type] as Scripted<RecordData[T]> | undefined
      if (found === undefined) return { kind: 'none', reason: 'no-such-record', authenticated: false }
      if (typeof found === 'string') return { kind: 'failed', reason: found }
      if ('records' in found) return { kind: 'records', ...found }
      return { kind: 'records', records: found, authenticated: false }
    },
  }
}
