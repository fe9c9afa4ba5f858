import type { Clock, Logger } from '@mailstead/base'
import type { AccountService } from '@mailstead/accounts'
import type { ConnectionInfo } from '@mailstead/net'
import type { Channel } from '@mailstead/sasl'
import type { AccountId, Mailbox, MailStores, Metadata } from '@mailstead/store'
import type { ImapDecoder, LiteralAnnouncement } from '@mailstead/wire'
import type { StoreModifier } from './commands/store-modifier.ts'
import type { FetchItem } from './fetch/item.ts'
import type { FetchModifier } from './fetch/modifier.ts'
import type { ListedValues } from './fetch/listed.ts'
import type { KeyColumns } from './keys/key-columns.ts'
import type { ImapLimits } from './limits.ts'
import type { MailboxIndexes } from './mailbox-indexes.ts'
import type { Progress, ProgressWatch } from './progress.ts'
import type { Responder } from './responses.ts'
import type { SearchKey } from './search/key.ts'
import type { SearchReturn } from './search/return.ts'
import type { Authenticated, NotAuthenticated, OwnActs, Selected, Session } from './session.ts'
import type { SortKey } from './sort/key.ts'
import type { ThreadKind } from './thread/kind.ts'
import type { Sync } from './telling.ts'

/** The session a command needs. `authenticated` takes a selected one too. */
interface SessionOf {
  any: Session
  'not-authenticated': NotAuthenticated
  authenticated: Authenticated | Selected
  selected: Selected
}
export type StateRule = keyof SessionOf

/** Shared by all connections of the service. */
export interface Services {
  readonly hostName: string
  readonly stores: MailStores
  readonly accounts: AccountService
  readonly indexes: MailboxIndexes
  readonly keys: KeyColumns
  readonly listed: ListedValues
  readonly clock: Clock
  readonly limits: ImapLimits
  readonly progressWatch: ProgressWatch
  /** Addresses of accounts that other submission servers log in as, in lower case (RFC 4467 section 3). */
  readonly submitters: ReadonlySet<string>
  /** Whether the server saves what an account sends, by address. */
  readonly savesSent: (address: string) => boolean
  /** Annotations of the server that all accounts see (RFC 5464). */
  readonly serverMetadata: readonly Metadata[]
}

/** The connection, as far as commands see it. */
export interface Peer {
  readonly info: ConnectionInfo
  readonly log: Logger
  /** Encrypted now. */
  readonly encrypted: boolean
  /** Encrypted, or excused by the configuration: a password may be taken. */
  readonly secure: boolean
  readonly canStartTls: boolean
  readonly compressed: boolean
  /** Of TLS; absent in clear. */
  readonly channel?: Channel | undefined
  /** Commands and capabilities of this session. */
  readonly registry: Registry
  /** The client's next line as it is. Throws `ImapBad` when it is too long, `ConnectionLost` when none comes. */
  readLine(options?: { readonly secret?: boolean }): Promise<Buffer>
  /** Tells everything that is to tell, and sends it off: for IDLE. */
  push(): Promise<void>
  /** Calls `run` whenever there may be something to tell, until it is called with `undefined`: for IDLE. */
  listen(run: (() => void) | undefined): void
  /** Cuts the connection: for a response that can be neither finished nor taken back. */
  destroy(): void
  /** Whether the account may have one more session; counts it when it may. */
  admit(account: AccountId): boolean
}

/** What of a connection decides which logins it is offered. */
export type LoginPeer = Pick<Peer, 'encrypted' | 'secure' | 'canStartTls' | 'channel'>

export interface CommandContext<S extends Session = Session> {
  readonly session: S
  readonly respond: Responder
  readonly services: Services
  readonly peer: Peer
  readonly progress: Progress
  /** Of the command that runs: ESEARCH names it (RFC 4466 section 2.6.2). */
  readonly tag: string
  /** What is left waits for the store: the client's next command may begin, if it is one that overlaps. */
  readonly letNext?: (() => void) | undefined
}

/** The tagged OK, and what follows it. */
export interface Result extends OwnActs {
  readonly text: string
  readonly code?: string
  readonly session?: Session
  /** With a login: what this account is offered. */
  readonly registry?: Registry
  /** What may be told before the reply, if it is less than the command allows in general. */
  readonly sync?: Sync
  /** Messages were expunged: without a code of its own the reply tells HIGHESTMODSEQ to who is told of VANISHED (RFC 7162 section 3.2.7). */
  readonly expunged?: boolean
  /** After the reply: begin TLS, compress, or hang up. */
  readonly after?: 'start-tls' | 'compress' | 'close'
}

/** Takes a literal's octets as they come. `write` may ask to be waited for; after a rejection nothing more is written. */
export interface LiteralSink {
  write(bytes: Uint8Array): Promise<void> | undefined
  /** What stands in the literal's place when the command is parsed. */
  finish(): Promise<unknown>
  /** The command will not run: gives the octets back. Also called after `finish`, and harmless then if the command has run. */
  abort(): Promise<void>
}

/** What a command has read at one literal and needs at the next, whatever that is. */
export interface Carried {
  value?: unknown
}

export interface CommandSpec<S extends StateRule, A> {
  readonly name: string
  readonly state: S
  readonly sync: Sync
  /** It waits for the client, however long that takes. */
  readonly waitsForClient?: true
  /** It means messages by their sequence numbers, or tells them. */
  readonly byNumber?: boolean
  /** It may begin before others of its kind are answered, as soon as they let it: for the result their order is enough (RFC 3501 section 5.5). */
  readonly overlaps?: true
  /** A selected mailbox is given up before it runs, whether it succeeds or not (RFC 3501 section 6.3.1). */
  readonly deselects?: boolean
  /** Its arguments are kept out of transcripts. */
  readonly secret?: boolean
  /** What stands behind the name, up to the end of the command. */
  parse(d: ImapDecoder, registry: Registry): A
  /** Whether it is possible in this session; throws `ImapBad`, which leaves the session as it was (RFC 9051 section 6). */
  check?(session: SessionOf[S], args: A): void
  run(context: CommandContext<SessionOf[S]>, args: A): Promise<Result> | Result
  /**
   * Asked at each literal before the client may send it: a sink, or `undefined` for "keep it in memory". What it
   * throws is the tagged answer. `prefix` ends at the literal, which is `announced`. `carried` is the same for all literals of a command.
   */
  literal?(
    context: CommandContext<SessionOf[S]>,
    prefix: ImapDecoder,
    literal: LiteralAnnouncement,
    carried: Carried,
  ): Promise<LiteralSink | undefined>
}

/** A row of the table. Its types are erased: the loop has checked the state before it calls. */
export interface TableEntry extends Omit<CommandSpec<StateRule, unknown>, 'check' | 'run' | 'literal'> {
  check?(session: Session, args: unknown): void
  run(context: CommandContext, args: unknown): Promise<Result> | Result
  literal?(context: CommandContext, prefix: ImapDecoder, literal: LiteralAnnouncement, carried: Carried): Promise<LiteralSink | undefined>
}

export function command<S extends StateRule, A>(spec: CommandSpec<S, A>): TableEntry {
  return spec as unknown as TableEntry
}

/** `parse` of commands without arguments. */
export function noArguments(): void {}

/** A data item of STATUS. */
export interface StatusItem {
  readonly name: string
  /** A number, or a text as it is printed. */
  value(mailbox: Mailbox, context: CommandContext<Authenticated | Selected>): Promise<number | string> | number | string
}

/** A parameter of SELECT or EXAMINE as a client gave it. */
export interface AppliedParameter {
  /** Before a selected mailbox is given up: what it throws leaves everything as it was. */
  check?(session: Authenticated | Selected): void
  /** Before the mailbox is opened. */
  apply?(context: CommandContext<Authenticated | Selected>): void
  /** Behind the responses that describe the mailbox. */
  follow?(context: CommandContext<Selected>): Promise<void>
}

/** A row of the table of parameters of SELECT and EXAMINE (RFC 4466 section 2.1); an extension can bring more. */
export interface SelectParameter {
  /** In capitals. */
  readonly name: string
  /** Reads what stands behind the name. */
  parse(d: ImapDecoder): AppliedParameter
}

/** A name that LIST may print: a mailbox, a subscription without one, or a superior level that is neither. */
export interface ListEntry {
  readonly name: string
  readonly mailbox: Mailbox | undefined
  readonly subscribed: boolean
  readonly hasChildren: boolean
}

/** A selection option of LIST-EXTENDED (RFC 5258 section 3.1). */
export interface ListSelection {
  readonly name: string
  /** `base` selects and may be given alone; `modifier` needs a base; `independent` stands beside either. */
  readonly kind: 'base' | 'independent' | 'modifier'
  selects?(entry: ListEntry): boolean
}

/** A return option of LIST-EXTENDED (RFC 5258 section 3.2). */
export interface ListReturn {
  readonly name: string
  /** The option's own arguments. */
  parse?(d: ImapDecoder, registry: Registry): unknown
  /** What is printed behind the LIST response of a mailbox that was selected; there are many, so what need not wait does not. */
  follow?(context: CommandContext<Authenticated | Selected>, mailbox: Mailbox, args: unknown): Promise<void> | undefined
}

/** One extension, one file: a row here is a capability, its commands, and a row in docs/imap-extensions.md. */
export interface Extension {
  readonly capability: string
  /** What the capability announces behind an equals sign. */
  readonly value?: (limits: ImapLimits) => number
  readonly rfc: number | string
  readonly summary: string
  /** Capabilities that it is nothing without: switched off with any of them. */
  readonly needs?: readonly string[]
  /** When it is announced; default `after-login`. */
  readonly announced?: 'always' | 'before-login' | 'after-login'
  /** Clients may name it in ENABLE (RFC 5161); a function does what is to be done at once. */
  readonly enable?: true | ((context: CommandContext<Authenticated | Selected>) => void)
  readonly commands?: readonly TableEntry[]
  readonly statusItems?: readonly StatusItem[]
  readonly fetchItems?: readonly FetchItem[]
  readonly fetchModifiers?: readonly FetchModifier[]
  readonly storeModifiers?: readonly StoreModifier[]
  readonly selectParameters?: readonly SelectParameter[]
  readonly searchKeys?: readonly SearchKey[]
  readonly searchReturns?: readonly SearchReturn[]
  readonly sortKeys?: readonly SortKey[]
  readonly threadKinds?: readonly ThreadKind[]
  readonly listSelections?: readonly ListSelection[]
  readonly listReturns?: readonly ListReturn[]
  /** A response code that tells of the mailbox in SELECT and EXAMINE, and in CREATE's reply. */
  readonly mailboxCode?: (mailbox: Mailbox) => string
}

/** What one session can be asked. A session may have some capabilities switched off. */
export interface Registry {
  command(name: string): TableEntry | undefined
  statusItem(name: string): StatusItem | undefined
  fetchItem(name: string): FetchItem | undefined
  fetchModifier(name: string): FetchModifier | undefined
  storeModifier(name: string): StoreModifier | undefined
  selectParameter(name: string): SelectParameter | undefined
  searchKey(name: string): SearchKey | undefined
  searchReturn(name: string): SearchReturn | undefined
  sortKey(name: string): SortKey | undefined
  threadKind(name: string): ThreadKind | undefined
  listSelection(name: string): ListSelection | undefined
  listReturn(name: string): ListReturn | undefined
  /** Response codes of the extensions that tell of a mailbox. */
  mailboxCodes(mailbox: Mailbox): readonly string[]
  /** Whether this session is offered the extension. */
  has(capability: string): boolean
  /** The extension of that name, in capitals, if ENABLE may name it. */
  enableable(capability: string): Extension | undefined
  /** The CAPABILITY response for this moment of the connection. */
  capabilities(session: Session, peer: LoginPeer, services: Pick<Services, 'accounts' | 'limits'>): string
  /** The same without some capabilities and what needs them, their commands and items. Unknown names are passed over. */
  without(capabilities: readonly string[]): Registry
}
