export type { DnsList } from './checks/dns-lists.ts'
export type { Thresholds } from './decide.ts'
export type { Checks, ScreeningOptions } from './options.ts'
export { createScreening, type Screening } from './screening.ts'
