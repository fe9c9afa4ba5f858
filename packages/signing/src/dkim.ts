import { writeHeader } from '@mailstead/mime'
import type { DigestedMessage } from './digest.ts'
import { signedFields } from './signed-fields.ts'
import { signedField, type SigningKey } from './tags.ts'

/**
 * DKIM-Signature fields to go before a message (RFC 6376), one for each key. `at`: seconds since 1970. `undefined` when
 * the message has more fields than a signature names.
 *
 * `d` and `s` are A-labels in every message: RFC 8616 section 5 prefers U-labels where the header has UTF-8, but lets
 * A-labels stand, and a verifier that knows nothing of it would look up a name that is not there. There is no `l`: what is
 * added to a body must not look signed (section 8.2).
 */
export async function signMessage(message: DigestedMessage, keys: readonly SigningKey[], at: number): Promise<Uint8Array | undefined> {
  const covered = signedFields(message.fields)
  if (covered === undefined) return undefined
  const signatures = keys.map((key) =>
    signedField(
      'DKIM-Signature',
      [
        ['v', '1'],
        ['a', key.algorithm],
        ['c', 'relaxed/relaxed'],
        ['d', key.domain],
        ['s', key.selector],
        ['t', `${at}`],
        ['h', covered.names],
        ['bh', message.bodyHash],
      ],
      covered.text,
      key,
    ),
  )
  return writeHeader(await Promise.all(signatures))
}
