/** What is wrong with one key, or with how it goes with others. */
export interface Fault {
  readonly path: string
  readonly text: string
}
