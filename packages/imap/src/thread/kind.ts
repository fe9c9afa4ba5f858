import type { ThreadReader } from './message.ts'
import type { ThreadAlgorithm } from './node.ts'

/** A row of the table of threading algorithms; an extension can bring more. */
export interface ThreadKind {
  /** In capitals. */
  readonly name: string
  readonly reader: ThreadReader
  readonly algorithm: ThreadAlgorithm
}
