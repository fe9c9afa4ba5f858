import type { Logger } from '@mailstead/base'
import type { StagedBlob } from '@mailstead/store'

/** A message that is about to be kept. */
export interface IncomingMessage {
  /** Local addresses that get it. */
  readonly recipients: readonly string[]
  readonly blob: StagedBlob
  /** Domains whose signatures passed, in lower case. */
  readonly signers: readonly string[]
}

/** Takes note of what certain addresses get; the mail goes its way in any case. */
export interface MessageReader {
  wants(message: IncomingMessage): boolean
  /** The sender waits for it: some ms. What it notes it may note twice, since the message is not committed yet. */
  read(message: IncomingMessage): Promise<void>
}

/** Never rejects. */
export async function haveRead(readers: readonly MessageReader[], message: IncomingMessage, log: Logger): Promise<void> {
  for (const reader of readers) {
    try {
      if (reader.wants(message)) await reader.read(message)
    } catch (error) {
      log.warn('message was not read', { recipients: message.recipients, err: error })
    }
  }
}
