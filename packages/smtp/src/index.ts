export { EXTENSIONS, type SmtpExtension } from './extensions.ts'
export { DEFAULT_LIMITS, type SmtpLimits } from './limits.ts'
export type { Role } from './role.ts'
export { createSmtpService, type SmtpServiceOptions } from './service.ts'
