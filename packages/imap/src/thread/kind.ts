import type { ThreadAlgorithm } from './threads.ts'

/** A row of the table of threading algorithms; an extension can bring more. */
export interface ThreadKind {
  /** In capitals. */
  readonly name: string
  /** It looks at message ids. */
  readonly ancestry: boolean
  readonly algorithm: ThreadAlgorithm
}
