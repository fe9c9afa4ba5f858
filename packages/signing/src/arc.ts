import { makeField, writeHeader, type HeaderField } from '@mailstead/mime'
import type { DigestedMessage } from './digest.ts'
import { MAX_ARC_SETS } from './limits.ts'
import { relaxedField } from './relaxed.ts'
import { signedFields } from './signed-fields.ts'
import { readTag, signedField, type SigningKey } from './tags.ts'

/** What validation found of the chain that a message came with (RFC 8617 section 4.4). */
export type ChainStatus = 'none' | 'pass' | 'fail'

export interface Sealing {
  readonly key: SigningKey
  /**
   * What an Authentication-Results field of ours holds: our name and every result at arrival, `mx.example.org; spf=pass …`, an octet per
   * character. May be folded.
   */
  readonly results: string
  readonly chain: ChainStatus
  /** Seconds since 1970. */
  readonly at: number
}

/** A set's fields in the order in which seals cover them (RFC 8617 section 5.1.1). */
const NAMES = ['arc-authentication-results', 'arc-message-signature', 'arc-seal']
const SEAL = 2

/**
 * The ARC set that goes before a message which is passed on (RFC 8617 section 5.1), made over the message as it leaves.
 * `undefined` when the chain is not continued: it is sealed as failed already, is as long as it may be, or the message has
 * more fields than a signature names.
 */
export async function sealMessage(message: DigestedMessage, sealing: Sealing): Promise<Uint8Array | undefined> {
  const { key, results, at } = sealing
  const chain = readChain(message.fields)
  const covered = signedFields(message.fields, ['dkim-signature'])
  if (chain.ended || chain.highest >= MAX_ARC_SETS || covered === undefined) return undefined
  const instance = chain.highest + 1
  const status = chain.signed === undefined ? 'fail' : instance === 1 ? 'none' : sealing.chain === 'pass' ? 'pass' : 'fail'
  const authentication = makeField('ARC-Authentication-Results', `i=${instance}; ${results.trim().replaceAll(/[\r\n]+[ \t]*/g, '\r\n\t')}`)
  const signature = await signedField(
    'ARC-Message-Signature',
    [
      ['i', `${instance}`],
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
  )
  // Section 5.1.2: a broken chain is sealed as if this set stood alone.
  const before = status === 'pass' ? (chain.signed ?? []) : []
  const seal = await signedField(
    'ARC-Seal',
    [
      ['i', `${instance}`],
      ['a', key.algorithm],
      ['t', `${at}`],
      ['cv', status],
      ['d', key.domain],
      ['s', key.selector],
    ],
    [...before, authentication, signature].map((field) => `${relaxedField(field)}\r\n`).join(''),
    key,
  )
  return writeHeader([seal, signature, authentication])
}

interface Chain {
  /** The highest instance there is; 0: none. */
  readonly highest: number
  /** All of its fields as seals cover them; `undefined` when they are not what a chain has (section 5.2 step 3). */
  readonly signed: readonly HeaderField[] | undefined
  /** The last seal says that the chain has failed: nobody seals it again. */
  readonly ended: boolean
}

function readChain(fields: readonly HeaderField[]): Chain {
  const members = fields
    .map((field) => ({ field, kind: NAMES.indexOf(field.name.toLowerCase()), instance: instanceOf(field) }))
    .filter(({ kind }) => kind >= 0)
  const highest = members.reduce((most, { instance }) => Math.max(most, instance), 0)
  const inOrder = members.toSorted((a, b) => a.instance - b.instance || a.kind - b.kind)
  const whole =
    inOrder.length === NAMES.length * highest &&
    inOrder.every(({ field, kind, instance }, at) => {
      if (kind !== at % NAMES.length || instance !== Math.floor(at / NAMES.length) + 1) return false
      return kind !== SEAL || statusOf(field) === (instance === 1 ? 'none' : 'pass')
    })
  const last = inOrder.at(-1)
  return {
    highest,
    signed: whole ? inOrder.map(({ field }) => field) : undefined,
    ended: last?.kind === SEAL && statusOf(last.field) === 'fail',
  }
}

/** Section 4.2.1; 0 for what is no instance. */
function instanceOf({ value }: HeaderField): number {
  const text = readTag(value, 'i') ?? ''
  return /^[1-9]\d{0,2}$/.test(text) ? Number(text) : 0
}

function statusOf({ value }: HeaderField): string | undefined {
  return readTag(value, 'cv')?.toLowerCase()
}
