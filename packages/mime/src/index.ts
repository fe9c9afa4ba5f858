export type { Rendered } from './rendered.ts'
