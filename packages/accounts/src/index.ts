export type * from './accounts.ts'
export type * from './admin.ts'
export { formatAddress, parseAddress, type AddressParts } from './address.ts'
export { type ApopKey } from './apop/secrets.ts'
export { createAccounts, type AccountsOptions, type OpenAccounts } from './create.ts'
export {
  DomainKeys,
  type DomainKeyAdmin,
  type DomainKeyService,
  type KeyFacts,
  type KeyMaker,
  type KeyState,
  type RecordLook,
} from './domain-keys.ts'
export { AccountError, type AccountErrorCode } from './errors.ts'
export { type Hasher } from './hashing.ts'
export { type TokenOptions } from './token-login.ts'
