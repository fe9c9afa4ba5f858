/** The parsed command line of one command. */
export interface Arguments {
  readonly positional: readonly string[]
  /** The positional argument at `index`; '' when an optional one was left out. */
  readonly at: (index: number) => string
  readonly text: (option: string) => string | undefined
  readonly flag: (option: string) => boolean
}
