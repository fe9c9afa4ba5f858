export * from './imap/index.ts'
export * from './smtp/index.ts'
