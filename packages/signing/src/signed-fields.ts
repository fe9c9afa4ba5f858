import type { HeaderField } from '@mailstead/mime'
import { MAX_SIGNED_FIELDS } from './limits.ts'
import { relaxedField } from './relaxed.ts'

/**
 * Signed once more often than they are there, so that none can be added behind our back (RFC 6376 section 8.15): what a reader
 * is shown or acts on.
 */
const OVERSIGNED = [
  'From',
  'Sender',
  'Reply-To',
  'To',
  'Cc',
  'Subject',
  'Date',
  'Message-ID',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
  'Content-Disposition',
  'Content-ID',
  'Content-Description',
  'Content-Language',
  'In-Reply-To',
  'References',
  'List-Id',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'List-Subscribe',
  'List-Post',
  'List-Owner',
  'List-Help',
  'List-Archive',
] as const

const KNOWN: ReadonlySet<string> = new Set(OVERSIGNED.map((name) => name.toLowerCase()))

/** Further fields of the families above. */
const FAMILY = /^(?:content|list|tls-report)-[!-9;-~]+$/i

/** Signed as often as they are there: who resends a message adds a block of them (RFC 6376 section 5.4.1). */
const RESENT = /^resent-(?:from|sender|to|cc|date|message-id)$/i

export interface SignedFields {
  /** The value of `h`. */
  readonly names: readonly string[]
  /** The fields that are there in the order of `names`, relaxed, each with its line end; an octet per character. */
  readonly text: string
}

/** What a signature covers; `also`: names of fields signed as often as they are there. `undefined` when it would be too much. */
export function signedFields(fields: readonly HeaderField[], also: readonly string[] = []): SignedFields | undefined {
  const byName = new Map<string, HeaderField[]>()
  for (const field of fields) {
    const key = field.name.toLowerCase()
    const same = byName.get(key)
    if (same === undefined) byName.set(key, [field])
    else same.push(field)
  }
  const overSigned = [...OVERSIGNED, ...[...byName.keys()].filter((key) => !KNOWN.has(key) && FAMILY.test(key))]
  const once = [...byName.keys()].filter((key) => RESENT.test(key) || also.includes(key))
  const present = (name: string): readonly HeaderField[] => byName.get(name.toLowerCase()) ?? []
  const total = [...overSigned, ...once].reduce((sum, name) => sum + present(name).length, overSigned.length)
  if (total > MAX_SIGNED_FIELDS) return undefined
  const names = [
    ...overSigned.flatMap((name) => Array<string>(present(name).length + 1).fill(name)),
    ...once.flatMap((name) => Array<string>(present(name).length).fill(name)),
  ]
  // Section 5.4.2: fields of one name from the last one up.
  const signed = [...overSigned, ...once].flatMap((name) => present(name).toReversed())
  return { names, text: signed.map((field) => `${relaxedField(field)}\r\n`).join('') }
}
