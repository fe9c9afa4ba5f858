import type { HeaderDate } from '../date.ts'

/** RFC 3464 section 2.3.3. */
export type DsnAction = 'delivered' | 'delayed' | 'failed' | 'relayed' | 'expanded'

/** An address or name with its type: `rfc822`, `utf-8`, `dns`. */
export interface Typed {
  /** In lower case. */
  readonly type: string
  readonly value: string
}

/** What became of one recipient. */
export interface DsnRecipient {
  /** Of the envelope, as it was accepted. */
  readonly recipient: string
  /** What ORCPT stands for. */
  readonly original?: Typed
  readonly action: DsnAction
  /** RFC 3463: `5.1.1`. */
  readonly status: string
  /** The peer that was asked, when one was. */
  readonly remoteMta?: string
  /** The transport's own words: a reply of SMTP or LMTP, its lines separated by LF. */
  readonly diagnostic?: Typed
  readonly lastAttempt?: HeaderDate
  /** For what is delayed. */
  readonly retryUntil?: HeaderDate
}

export type DsnLanguage = 'en' | 'ru'

/** The message that a report is about: octets that begin with its header, and all of it where it may go back. */
export interface ReturnedMessage {
  readonly header: Uint8Array
  /** Header included. */
  readonly whole?: Uint8Array
}

/** A report before it is written. Texts may hold anything: what does not belong into a field is taken out of it. */
export interface Dsn {
  readonly language: DsnLanguage
  /** Addresses. */
  readonly from: string
  readonly to: string
  /** With its angle brackets. */
  readonly messageId: string
  readonly date: HeaderDate
  /** What no other report has; letters and digits. */
  readonly token: string
  /** Name of this server. */
  readonly reportingMta: string
  /** Who brought the message: EHLO name and address. */
  readonly receivedFrom?: { readonly name: string; readonly address?: string }
  readonly arrival?: HeaderDate
  /** What ENVID stands for. */
  readonly envid?: string
  /** RFC 4865 section 5.1.2: `for;3600`. */
  readonly holdRequest?: string
  /** RFC 2852 section 5. */
  readonly deliverBy?: HeaderDate
  readonly recipients: readonly DsnRecipient[]
  readonly original?: ReturnedMessage
  /** The way back is not known to take octets above 127. */
  readonly sevenBit?: boolean
}

/** A report as it is sent, and what its envelope has to say of it. */
export interface WrittenDsn {
  readonly octets: Uint8Array
  readonly body: '7BIT' | '8BITMIME'
  readonly smtpUtf8: boolean
}
