import type { Letter } from '../peers/submit.ts'
import type { ServerAddresses } from './addresses.ts'

/** The mailbox that each server has, in every domain of its own. */
export const BOX = 'box'
/** The same where every server along the way has to know SMTPUTF8. */
export const UTF8_BOX = 'почта'
/** Whom no server has. */
export const NOBODY = 'nobody'
/** Largest message that everybody takes. */
export const LARGEST = 50_000_000

/** What a server is told before it starts. */
export interface PartySetting {
  readonly name: string
  /** The first label of its domains: `a` has a.test, and all below it and below a.insecure.test. */
  readonly label: string
  readonly addresses: ServerAddresses
  /** A folder of the world that everybody may read. */
  readonly dir: string
}

/** A mail server of the world. At its clear address it offers as little as it can: no STARTTLS, and if it is no Mailstead no CHUNKING, DSN and SMTPUTF8. */
export interface Party {
  readonly name: string
  readonly label: string
  readonly addresses: ServerAddresses
  /** Takes a letter from a user, and sends it on. */
  send(letter: Letter): Promise<void>
  /** Each message in its mailbox, with CRLF, an octet a character. */
  messages(): Promise<readonly string[]>
  /** Recipients whose mail waits to leave. */
  waiting(): Promise<readonly string[]>
  log(): string
  /** What was said in sessions in which `text` was said; a server that keeps no transcripts has none. */
  sessionsWith?(text: string): readonly string[]
  /** What it can tell of a message with this Message-ID; a server that keeps no stories has none. */
  story?(messageId: string): Promise<string>
  stop(): Promise<void>
}
