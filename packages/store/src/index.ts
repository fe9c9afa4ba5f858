export type * from './ids.ts'
export { StoreError, type StoreErrorCode } from './errors.ts'
export * from './flags.ts'
export {
  isShared,
  OTHER_USERS,
  SEPARATOR,
  sharedPrefix,
  type Mailbox,
  type MailboxCounters,
  type SeenMode,
  type SpecialUse,
} from './mailbox.ts'
export * from './rights.ts'
export * from './message.ts'
export type * from './changes.ts'
export * from './metadata.ts'
export { CHUNK_SIZE, type BlobWriter, type Blobs, type StagedBlob } from './blobs.ts'
export { reencodeStaged } from './reencode-staged.ts'
export type * from './text-search.ts'
export type * from './mail-store.ts'
export type * from './diagnosis.ts'
export type * from './intake.ts'
export * from './queue.ts'
export type * from './settlement.ts'
export type * from './directory.ts'
export type * from './domain-keys.ts'
export type * from './forwarding.ts'
export type * from './greylist.ts'
export type * from './sts-policies.ts'
export type * from './tls-reports.ts'
export * from './suppressions.ts'
export type * from './maintenance.ts'
