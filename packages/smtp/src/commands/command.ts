import type { SmtpReply } from '../replies.ts'
import type { Session } from '../session.ts'

/** One verb. */
export interface Command {
  readonly verb: string
  /** `none`: refused with an argument. */
  readonly argument: 'none' | 'any'
  /** `undefined`: everything was said. Throws what `toReply` knows. */
  run(session: Session, argument: string): SmtpReply | undefined | Promise<SmtpReply | undefined>
}
