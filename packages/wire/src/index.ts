export * from './imap/index.ts'
