export { adminDocs } from './docs.ts'
export { main } from './main.ts'
export type { Surroundings } from './shell.ts'
