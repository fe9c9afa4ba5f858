/** What a smarthost knows us by. */
export interface Login {
  readonly user: string
  readonly password: string
}
