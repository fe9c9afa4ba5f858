export { createImapService, type ImapOptions } from './service.ts'
export { DEFAULT_LIMITS, type ImapLimits } from './limits.ts'
export { extensionDocs } from './docs.ts'
