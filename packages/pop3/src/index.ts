export { createPop3Service, type Pop3Options } from './service.ts'
export { DEFAULT_LIMITS, type Pop3Limits } from './limits.ts'
export { LANGUAGE_TAGS, type Language } from './texts.ts'
export { pop3ExtensionDocs } from './docs.ts'
