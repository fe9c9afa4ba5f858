export * from './imap/index.ts'
export * from './pop3/index.ts'
export * from './smtp/index.ts'
