import { parseMailbox, type SmtpAddress } from '@mailstead/wire'
import { MAX_TARGETS } from './limits.ts'

/** Where a domain wants its reports. */
export type ReportTarget = { readonly kind: 'mail'; readonly address: SmtpAddress } | { readonly kind: 'https'; readonly url: URL }

/** tlsrpt-extension, and rua as well as a parser needs it. */
const FIELD = /^[A-Za-z0-9][\w.-]{0,31}=[\x20-\x3a\x3c-\x7e]*$/

/** What the TXT records of `_smtp._tls` say; `undefined`: no reports are wanted (RFC 8460 section 3). Targets that nobody could reach are left out. */
export function readRecord(records: readonly string[]): readonly ReportTarget[] | undefined {
  const [record, ...others] = records.filter((each) => /^v=TLSRPTv1[ \t]*;/.test(each))
  if (record === undefined || others.length > 0) return undefined
  const fields = record
    .split(';')
    .slice(1)
    .map((field) => field.trim())
    .filter((field) => field !== '')
  const rua = fields.find((field) => field.startsWith('rua='))
  if (rua === undefined || !fields.every((field) => FIELD.test(field))) return undefined
  const targets = rua
    .slice('rua='.length)
    .split(',')
    .flatMap((uri) => targetOf(uri.trim()) ?? [])
  return targets.slice(0, MAX_TARGETS)
}

function targetOf(uri: string): ReportTarget | undefined {
  try {
    if (/^mailto:/i.test(uri)) {
      // RFC 6068: header fields behind a question mark are not for us to set.
      const address = parseMailbox(decodeURIComponent(uri.slice('mailto:'.length).split('?')[0] ?? ''))
      return address.domain === '' ? undefined : { kind: 'mail', address }
    }
    const url = new URL(uri)
    return url.protocol === 'https:' && url.username === '' && url.password === '' ? { kind: 'https', url } : undefined
  } catch {
    return undefined
  }
}
