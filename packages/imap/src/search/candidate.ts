import { readHeader, type HeaderField, type TextNeedle } from '@mailstead/mime'
import type { Blobs, MessageRow, Uid } from '@mailstead/store'
import { FetchedMessage } from '../fetch/message.ts'
import type { FieldNeedle } from '../keys/fields.ts'
import type { NumberKey } from '../keys/key-columns.ts'
import type { NumberColumn } from '../keys/numbers.ts'
import type { Pace } from '../pace.ts'
import type { Progress } from '../progress.ts'
import { FIELDS_A_STEP, MAX_HEADER } from './limits.ts'
import type { SearchedTexts } from './texts.ts'

/** What the candidates of one search have in common. */
export interface SearchMeans {
  readonly blobs: Blobs
  readonly pace: Pace
  readonly texts: SearchedTexts
  readonly progress: Progress
  /** Those that the search asks for; read before their criteria are asked. */
  readonly keys: Map<NumberKey, NumberColumn>
  /** Who has the texts, where that is known without reading messages. */
  readonly fields: Map<FieldNeedle, ReadonlySet<number>>
  /** All that are asked about, ascending; `undefined`: the whole mailbox. */
  readonly some: readonly Uid[] | undefined
}

/** A message that a search asks about. What several keys need is read once. */
export class Candidate {
  readonly uid: Uid
  /** Its sequence number. */
  readonly number: number
  readonly #row: MessageRow | undefined
  #message: FetchedMessage | undefined
  readonly #means: SearchMeans
  #common: Promise<readonly HeaderField[]> | undefined

  /** Without a row only criteria that want none can be asked. */
  constructor(uid: Uid, number: number, row: MessageRow | undefined, means: SearchMeans) {
    this.uid = uid
    this.number = number
    this.#row = row
    this.#means = means
  }

  get message(): FetchedMessage {
    return (this.#message ??= new FetchedMessage(this.uid, this.#row, this.#means.blobs))
  }

  /** A key that the criterion names in `keys`. */
  key(name: NumberKey): number {
    return this.#means.keys.get(name)?.of(this.uid) ?? Number.NaN
  }

  /** Whether it has the text; `test`, the same of one field, is asked where its row has to be read for that, as with `hasCommonField`. */
  hasText(needle: FieldNeedle, test: (field: HeaderField) => boolean): boolean | Promise<boolean> {
    return this.#means.fields.get(needle)?.has(this.uid) ?? this.hasCommonField(test)
  }

  /** Whether one of the fields of COMMON_FIELDS passes; wants `headers` and `structure`. */
  async hasCommonField(test: (field: HeaderField) => boolean): Promise<boolean> {
    return this.#some(await (this.#common ??= this.message.commonHeader().then(fieldsOf)), test)
  }

  async #some(fields: readonly HeaderField[], test: (field: HeaderField) => boolean): Promise<boolean> {
    for (const [index, field] of fields.entries()) {
      if (test(field)) return true
      if (index % FIELDS_A_STEP === FIELDS_A_STEP - 1) await this.#means.pace.pause()
    }
    return false
  }

  /** Whether the text stands in the message. Candidates are asked in the order of their UIDs. */
  contains(needle: TextNeedle): Promise<boolean> {
    return this.#means.texts.contains(this.uid, needle)
  }
}

function fieldsOf(header: Uint8Array): HeaderField[] {
  return readHeader(header.subarray(0, MAX_HEADER))
}
