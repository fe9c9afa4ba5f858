import type { SmtpReply } from '../replies.ts'
import type { Role } from '../role.ts'
import type { Session } from '../session.ts'

/** Where mail is taken. */
export const MAIL_ROLES: readonly Role[] = ['mx', 'submission', 'lmtp']

/** One verb. */
export interface Command {
  readonly verb: string
  /** What HELP says of it; none: HELP does not know it. */
  readonly syntax?: string
  /** Where it is implemented; everywhere when absent. */
  readonly roles?: readonly Role[]
  /** `none`: refused with an argument. */
  readonly argument: 'none' | 'any'
  /** `undefined`: everything was said. Throws what `toReply` knows. */
  run(session: Session, argument: string): SmtpReply | undefined | Promise<SmtpReply | undefined>
}

/** Whether listeners of the role have the command. */
export function isFor(command: Command, role: Role): boolean {
  return command.roles?.includes(role) ?? true
}
