import type { Brand } from '@mailstead/base'

export type AccountId = Brand<number, 'AccountId'>
export type DomainId = Brand<number, 'DomainId'>
/** Never reused; RFC 8474's MAILBOXID is made from it. */
export type MailboxId = Brand<number, 'MailboxId'>
/** One delivered or appended message: prefix and blob. COPY and MOVE keep it; RFC 8474's EMAILID is made from it. */
export type EmailId = Brand<number, 'EmailId'>
/** Never changes once given; RFC 8474's THREADID is made from it. */
export type ThreadId = Brand<number, 'ThreadId'>
/** Immutable octets, shared by all who hold the message. */
export type BlobId = Brand<number, 'BlobId'>
/** 1…4294967295, ascending in a mailbox. */
export type Uid = Brand<number, 'Uid'>
/** 1…4294967295, from one ever-growing counter. */
export type UidValidity = Brand<number, 'UidValidity'>
/** Below 2^53; one counter an account. */
export type ModSeq = Brand<number, 'ModSeq'>
/** Names one acceptance in replies, `Received`, log and trace. */
export type QueueId = Brand<string, 'QueueId'>
/** POP3's unique-id: kept by MOVE, fresh on COPY, never reused in an account. */
export type Uidl = Brand<number, 'Uidl'>
/** One recipient in the outbound queue. */
export type QueueEntryId = Brand<number, 'QueueEntryId'>
/** One attempt to send, of this process alone: never given twice, also over restarts. What is settled under an older one is refused. */
export type AttemptId = Brand<string, 'AttemptId'>
