import { readHeader, type HeaderField, type TextNeedle } from '@mailstead/mime'
import type { Blobs, MessageRow, Uid } from '@mailstead/store'
import { FetchedMessage } from '../fetch/message.ts'
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
}

/** A message that a search asks about. What several keys need is read once. */
export class Candidate {
  readonly uid: Uid
  /** Its sequence number. */
  readonly number: number
  readonly message: FetchedMessage
  readonly #means: SearchMeans
  #common: Promise<readonly HeaderField[]> | undefined

  /** Without a row only criteria of the cost `memory` can be asked. */
  constructor(uid: Uid, number: number, row: MessageRow | undefined, means: SearchMeans) {
    this.uid = uid
    this.number = number
    this.message = new FetchedMessage(uid, row, means.blobs)
    this.#means = means
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
