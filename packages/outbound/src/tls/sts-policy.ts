import { MAX_STS_AGE } from '../limits.ts'
import type { StsPolicy } from './decide.ts'

/** The id of the policy that TXT records announce; `undefined` when they announce none, or more than one (RFC 8461 section 3.1). */
export function stsRecordId(records: readonly string[]): string | undefined {
  const [record, ...others] = records.filter((each) => each.startsWith('v=STSv1;'))
  if (record === undefined || others.length > 0) return undefined
  const fields = record
    .split(';')
    .map((field) => field.trim())
    .filter((field) => field !== '')
  if (!fields.every((field) => /^[A-Za-z0-9][\w.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+$/.test(field))) return undefined
  const id = fields.find((field) => field.startsWith('id='))?.slice(3)
  return id !== undefined && /^[A-Za-z0-9]{1,32}$/.test(id) ? id : undefined
}

/** A policy as it stands on the web server, and for how many seconds it holds; `undefined` when it is none (section 3.2). */
export function parseStsPolicy(text: string): { readonly policy: StsPolicy; readonly maxAge: number } | undefined {
  const fields = new Map<string, string>()
  const mx: string[] = []
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = /^([A-Za-z0-9][\w.-]{0,31}):[ \t]*(\S(?:.*\S)?)[ \t]*$/.exec(line) ?? []
    if (key === undefined || value === undefined) {
      if (line.trim() === '') continue
      return undefined
    }
    if (key === 'mx') mx.push(value.toLowerCase())
    else if (!fields.has(key)) fields.set(key, value)
  }
  const [mode, age] = [fields.get('mode'), fields.get('max_age') ?? '']
  if (fields.get('version') !== 'STSv1' || !/^\d{1,10}$/.test(age)) return undefined
  if ((mode !== 'enforce' && mode !== 'testing' && mode !== 'none') || (mode !== 'none' && mx.length === 0)) return undefined
  if (!mx.every((name) => /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?$/.test(name))) return undefined
  return { policy: { mode, mx }, maxAge: Math.min(Number(age), MAX_STS_AGE) }
}
