import type { AccountService } from '@mailstead/accounts'
import type { Clock, Logger } from '@mailstead/base'
import type { ConnectionInfo, TlsChannel } from '@mailstead/net'
import { words } from '@mailstead/wire'
import type { Choices } from './choices.ts'
import { badSyntax } from './errors.ts'
import type { Pop3Limits } from './limits.ts'
import type { LoginDelays } from './login-delays.ts'
import type { Maildrops } from './maildrops.ts'
import type { Responder } from './responder.ts'
import type { Authorization, Session, Transaction } from './session.ts'
import type { Language, Say } from './texts.ts'

/** What all connections of one service share. */
export interface Services {
  readonly hostName: string
  readonly accounts: AccountService
  readonly maildrops: Maildrops
  readonly clock: Clock
  /** A msg-id that no greeting has had before. */
  readonly timestamp: () => string
  readonly loginDelays: LoginDelays
  /** Days that mail stays at least, as the administrator says; 0: for ever. */
  readonly expireDays: number
  readonly limits: Pop3Limits
  /** What `LANG *` means. */
  readonly language: Language
}

/** The connection, as commands see it. */
export interface Peer {
  readonly info: ConnectionInfo
  readonly log: Logger
  readonly encrypted: boolean
  /** A password may be taken: encrypted, or excused by the configuration. */
  readonly secure: boolean
  readonly canStartTls: boolean
  readonly choices: Choices
  /** Of the greeting, for APOP; `undefined`: there was none. */
  readonly timestamp: string | undefined
  /** Of TLS; absent in clear. */
  readonly channel: TlsChannel | undefined
  /** The next line, in the middle of a command; `undefined` when it is too long. Rejects with `ConnectionLost`. */
  readLine(): Promise<Uint8Array | undefined>
  /** Cuts the connection: there is no way to answer any more. */
  destroy(): void
}

export interface CommandContext<In extends Session = Session> {
  readonly session: In
  readonly respond: Responder
  readonly services: Services
  readonly peer: Peer
}

/** What a command leads to, and its `+OK text`; without a text everything was said. */
export interface Result {
  readonly text?: Say
  readonly session?: Session
  readonly after?: 'close' | 'start-tls'
}

type Answer = Result | Promise<Result>

export interface Command {
  readonly keyword: string
  readonly state: Session['state'] | 'any'
  /** Throws what `toFailure` knows. */
  run(context: CommandContext, argument: string): Answer
}

/** A command of the AUTHORIZATION state. */
export function authorization(keyword: string, run: (context: CommandContext<Authorization>, argument: string) => Answer): Command {
  // The connection has compared the state.
  return { keyword, state: 'authorization', run: (context, argument) => run(context as CommandContext<Authorization>, argument) }
}

/** A command of the TRANSACTION state. */
export function transaction(keyword: string, run: (context: CommandContext<Transaction>, argument: string) => Answer): Command {
  return { keyword, state: 'transaction', run: (context, argument) => run(context as CommandContext<Transaction>, argument) }
}

/** As many words as were allowed; `form` says how it is meant. Throws `Pop3Refusal`. */
export function argumentsOf(argument: string, least: number, most: number, form: string): string[] {
  const given = words(argument)
  if (given.length < least || given.length > most) throw badSyntax((texts) => texts.syntax(form))
  return given
}
