export type * from './credentials.ts'
export type * from './mechanism.ts'
