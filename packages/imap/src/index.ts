export { DEFAULT_LIMITS, type ImapLimits } from './limits.ts'
