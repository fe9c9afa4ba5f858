import type { Logger } from '@mailstead/base'
import type { Frame, FramerEvent, FramerLimits, ImapDecoder, ImapFramer } from '@mailstead/wire'
import type { Carried, CommandContext, LiteralSink, Peer, Registry, Result, Services, TableEntry } from './command.ts'
import { ConnectionLost } from '@mailstead/net'
import { LoginRefused } from '@mailstead/sasl'
import { refreshSelected } from './commands/refresh.ts'
import { ImapBad, ImapNo, toFailure, type Failure } from './errors.ts'
import { LiteralReader } from './literal-reader.ts'
import { checked, lookUp, tagOf, type Found } from './look-up.ts'
import { knowsModSeqs, resyncs } from './modseq.ts'
import { Progress } from './progress.ts'
import type { Responder } from './responses.ts'
import { deselect, uidOnly, utf8Names, type Selected, type Session } from './session.ts'
import type { ConnectionTap } from './tap.ts'
import { Teller } from './teller.ts'
import type { Sync } from './telling.ts'
import { Underway } from './underway.ts'

/** The connection, as the dialogue needs it: a peer that it can also end, encrypt and trust. */
export interface Line extends Peer {
  /** Nobody is there any more: what a command still does is undone as far as it concerns the session. */
  readonly closed: boolean
  readonly framer: ImapFramer
  /** BYE as soon as the command that runs is answered. */
  goodbye(text: string, code?: string): void
  /** BYE at once, and no further command. To be called between responses only. */
  bye(text: string, code?: string): void
  /** Sends what is gathered, and ends the connection. */
  hangUp(): void
  /** There may be something to tell to who wants it at any time. Takes effect once no command runs. */
  wake(): void
  /** The session is a stranger's again: its account is free for another, and a login is waited for. */
  leave(): void
  /** What was answered is the last in clear. */
  compress(): void
  /** Sends the reply in clear, then begins TLS. Throws `ConnectionLost` when that fails. */
  startTls(goAhead: string): Promise<void>
}

export interface DialogueOptions {
  readonly services: Services
  readonly registry: Registry
  readonly respond: Responder
  readonly tap: ConnectionTap | undefined
  readonly log: Logger
}

/** Of a command that overlaps with others: what is to be answered before it, and how it lets the next one begin. */
interface Turn {
  readonly before?: Promise<void> | undefined
  readonly letNext?: () => void
}

/** Gives back what a command has not used of its literals; `undefined`: it has none. */
type Release = (() => Promise<unknown>) | undefined

/** What a client may send before it has logged in. */
export function strangersLimits({ limits }: Services): FramerLimits {
  return { line: limits.lineBeforeLogin, memory: limits.literalsBeforeLogin, count: limits.literalCount }
}

/** The commands of one client, one after the other: looks each up, checks the state, runs it, tells what is new, replies. */
export class Dialogue {
  registry: Registry
  /** Called in IDLE whenever there may be something to tell. */
  listener: (() => void) | undefined
  readonly #strangers: Registry
  readonly #line: Line
  readonly #services: Services
  readonly #respond: Responder
  readonly #tap: ConnectionTap | undefined
  readonly #log: Logger
  readonly #literals: LiteralReader
  readonly #teller: Teller
  readonly #underway = new Underway()
  #session: Session = { state: 'not-authenticated' }
  #bad = 0
  #failedLogins = 0

  constructor(line: Line, { services, registry, respond, tap, log }: DialogueOptions) {
    this.registry = this.#strangers = registry
    this.#line = line
    this.#services = services
    this.#respond = respond
    this.#tap = tap
    this.#log = log
    this.#literals = new LiteralReader(line.framer, tap)
    this.#teller = new Teller(respond, log, () => this.#context(''))
  }

  /** Settles when all commands that were begun are answered. */
  get underway(): Promise<void> | undefined {
    return this.#underway.last
  }

  get loggedIn(): boolean {
    return this.#session.state !== 'not-authenticated'
  }

  greet(): void {
    this.#respond.ok(this.registry.capabilities(this.#session, this.#line, this.#services), `${this.#services.hostName} is ready`)
  }

  /** The connection is over: gives the selected mailbox back. */
  end(): void {
    this.#become({ state: 'not-authenticated' })
  }

  /** Gives back the literals of a command that was not sent to its end. */
  abandon(): Promise<void> {
    return this.#literals.abort()
  }

  /** Everything there is to tell, for IDLE. */
  async tell(allowed: Sync = 'everything'): Promise<void> {
    await this.#sync(allowed)
    this.#holdBack()
  }

  /** Between commands, to who has asked for that (RFC 5465 section 3.1). */
  async tellUnasked(): Promise<void> {
    const session = this.#session
    if (session.state === 'not-authenticated' || session.news === undefined) return
    await this.tell(session.news.selected.delayed ? 'no-expunge' : 'everything')
  }

  /** The selected mailbox has changed, or another that the client asked for. */
  readonly #hear = (): void => {
    const session = this.#session
    if (this.listener !== undefined) this.listener()
    else if (session.state !== 'not-authenticated' && session.news !== undefined) this.#line.wake()
  }

  take(event: FramerEvent): Promise<void> {
    switch (event.kind) {
      case 'literal':
        return this.#takeLiteral(event)
      case 'data':
        return this.#literals.data(event.bytes)
      case 'streamed':
        return this.#literals.streamed()
      case 'command':
        return this.#takeCommand(event.frame)
      default:
        return this.#refuse(event)
    }
  }

  /** The command at whose literal we stand decides what becomes of it. */
  async #takeLiteral({ literal, prefix, fits }: FramerEvent & { kind: 'literal' }): Promise<void> {
    const { tag, entry, decoder, error } = lookUp(prefix, this.#session, this.registry)
    this.#tap?.command(prefix, entry?.secret ?? false)
    if (!this.loggedIn && !literal.sync && !fits) {
      // RFC 7888 section 4: a stranger's octets are not read just to be thrown away.
      this.#line.bye('The literal is too big', 'TOOBIG')
      return
    }
    const ask = async (carried: Carried): Promise<LiteralSink | undefined> => {
      if (error !== undefined) throw error
      const known = checked(entry, this.#session)
      return decoder === undefined ? undefined : known.literal?.(this.#context(tag), decoder, literal, carried)
    }
    if ((await this.#literals.announce(fits, ask)) && literal.sync) this.#respond.continue('OK')
  }

  async #refuse(event: FramerEvent & { kind: 'refused' | 'too-long' }): Promise<void> {
    await this.#underway.last
    const tag = tagOf(event.prefix)
    const error = event.kind === 'too-long' ? new ImapBad(TOO_LONG) : this.#literals.failure
    if (event.kind === 'too-long') this.#tap?.command(event.prefix, true)
    this.#tap?.endCommand()
    await this.#literals.abort()
    this.#fail(tag, error)
  }

  #takeCommand(frame: Frame): Promise<void> {
    const found = lookUp(frame, this.#session, this.registry)
    this.#tap?.command(frame, found.entry?.secret ?? false)
    this.#tap?.endCommand()
    const release = this.#literals.handOver()
    const { last } = this.#underway
    if (found.entry?.overlaps === true) return this.#overlap(found, release, frame)
    return last === undefined ? this.#carryOut(found, release) : last.then(() => this.#carryOut(found, release))
  }

  /** A command that is answered behind those before it, and lets the next begin before that. */
  async #overlap(found: Found, release: Release, { literals }: Frame): Promise<void> {
    const octets = literals.reduce((sum, { size }) => sum + size, 0)
    if (!this.#underway.hasRoom(octets)) await this.#underway.last
    const { promise: handedOver, resolve: letNext } = Promise.withResolvers<void>()
    const answered = this.#carryOut(found, release, { before: this.#underway.last, letNext })
    this.#underway.add(answered, octets)
    await Promise.race([answered, handedOver])
  }

  /** `before`: what is to be answered first. */
  async #carryOut({ tag, entry, decoder, error }: Found, release: Release, turn: Turn = {}): Promise<void> {
    try {
      if (error !== undefined) throw error
      const known = checked(entry, this.#session)
      if (decoder !== undefined) await this.#execute(tag, known, decoder, turn)
      this.#bad = 0
    } catch (error) {
      if (error instanceof ConnectionLost) throw error
      await turn.before
      this.#fail(tag, error)
    } finally {
      this.#respond.utf8Names = utf8Names(this.#session)
      this.#respond.uidOnly = uidOnly(this.#session)
      if (turn.letNext !== undefined) this.#respond.flushSoon()
      if (release !== undefined) await release()
    }
  }

  #context(tag: string, letNext?: () => void): CommandContext {
    return {
      session: this.#session,
      respond: this.#respond,
      services: this.#services,
      peer: this.#line,
      progress: new Progress(),
      tag,
      letNext,
    }
  }

  /** Waits for a command; who is logged in is told meanwhile that it goes on (RFC 9585). */
  async #finished(entry: TableEntry, work: Promise<Result>, context: CommandContext): Promise<Result> {
    if (!this.loggedIn || entry.waitsForClient === true || !this.registry.has('INPROGRESS')) return work
    const { progressWatch } = this.#services
    progressWatch.begin(context)
    try {
      return await work
    } finally {
      progressWatch.end(context)
    }
  }

  async #execute(tag: string, entry: TableEntry, decoder: ImapDecoder, { before, letNext }: Turn): Promise<void> {
    const args = entry.parse(decoder, this.registry)
    decoder.end()
    entry.check?.(this.#session, args)
    if (entry.deselects === true && this.#session.state === 'selected') {
      this.#become(deselect(this.#session))
      // RFC 7162 section 3.2.11: what follows is of another mailbox.
      this.#respond.ok('CLOSED', 'The mailbox selected before is closed')
    }
    const stale = this.#checkRights()
    if (stale !== undefined) await stale
    let result: Result
    try {
      this.#requireReadable(entry)
      const context = this.#context(tag, letNext)
      const work = entry.run(context, args)
      result = work instanceof Promise ? await this.#finished(entry, work, context) : work
      if (before !== undefined) await before
    } catch (error) {
      if (error instanceof ConnectionLost) throw error
      await before
      await this.#sync(entry.sync)
      this.#holdBack()
      throw error
    }
    if (this.#session.state !== 'not-authenticated') this.#session.news?.own(result)
    if (result.session !== undefined) this.#become(result.session)
    if (result.registry !== undefined) this.registry = result.registry
    if (this.#line.compressed && !this.loggedIn) {
      // RFC 8437 section 3: a state that cannot be reset ends the connection; where the client's stream of DEFLATE ends is not told.
      this.#line.bye('Compression ends with the connection')
      return
    }
    const sync = result.sync ?? entry.sync
    const told = this.#sync(sync, result)
    if (told !== undefined) await told
    this.#holdBack()
    if (result.after === 'start-tls') {
      await this.#line.startTls(`${tag} OK ${result.text}\r\n`)
      return
    }
    this.#respond.tagged(tag, 'OK', this.#codeOf(result, sync), result.text)
    if (result.after === 'compress') this.#line.compress()
    if (result.after === 'close') this.#line.hangUp()
  }

  /** Rights can be taken away while a mailbox is selected (RFC 4314 section 5.1.1). */
  #checkRights(): Promise<void> | undefined {
    const session = this.#session
    if (session.state !== 'selected' || !session.view.permission.isStale(session.view.index.rightsChanges)) return undefined
    return refreshSelected(session, this.#respond)
  }

  /** What is in memory is not told to who may not read it any more. */
  #requireReadable({ state }: TableEntry): void {
    const session = this.#session
    if (state === 'selected' && session.state === 'selected' && session.view.permission.lost) throw new ImapNo(LOST, 'NOPERM')
  }

  /** What everything told makes true is known only now. */
  #codeOf({ code, expunged }: Result, sync: Sync): string | undefined {
    const session = this.#session
    if (code !== undefined || session.state !== 'selected') return code
    // RFC 5530 section 3: NOOP would tell of them.
    if (sync === 'no-expunge' && session.view.holdsExpunges) return 'EXPUNGEISSUED'
    return expunged === true && resyncs(session) ? `HIGHESTMODSEQ ${session.view.highestModSeq}` : undefined
  }

  /** RFC 7162 section 3.2: the client shall not take a modseq it was told for that of everything it knows. */
  #holdBack(): void {
    const session = this.#session
    if (session.state !== 'selected' || !knowsModSeqs(session) || !session.view.takeAhead()) return
    this.#respond.ok(`HIGHESTMODSEQ ${session.view.highestModSeq}`, 'There is more to tell')
  }

  #fail(tag: string, error: unknown): void {
    const { failedLogins, badCommands } = this.#services.limits
    const failure = toFailure(error)
    if (failure.bug) this.#log.error('imap: command failed', { error })
    else this.#log.debug('imap: command refused', { status: failure.status, code: failure.code, text: failure.text })
    this.#respond.tagged(tag, failure.status, failure.code, oneLine(failure))
    if (error instanceof LoginRefused && ++this.#failedLogins >= failedLogins) this.#line.bye('Too many failed logins')
    // An HTTP client, a scanner: every line of it is another error.
    else if (failure.status === 'BAD' && ++this.#bad >= badCommands) this.#line.bye('Too many bad commands')
    if (failure.status === 'NO') this.#bad = 0
  }

  /** Leaves the old session behind: its view is closed; login widens the limits, and its end narrows them. */
  #become(next: Session): void {
    const before = this.#session
    if (before.state === 'selected' && !(next.state === 'selected' && next.view === before.view)) {
      before.view.close()
      this.#services.indexes.release(before.view.index)
    }
    this.#hearOf(before, next)
    if (before.state === 'not-authenticated' && next.state !== 'not-authenticated') {
      const { line, literals, literalCount } = this.#services.limits
      this.#line.framer.limits = { line, memory: literals, count: literalCount }
    }
    this.#session = next
    if (before.state !== 'not-authenticated' && next.state === 'not-authenticated' && !this.#line.closed) {
      this.registry = this.#strangers
      this.#line.framer.limits = strangersLimits(this.#services)
      this.#line.leave()
    }
    if (this.#line.closed && next.state !== 'not-authenticated') this.end()
  }

  #hearOf(before: Session, next: Session): void {
    const newsBefore = before.state === 'not-authenticated' ? undefined : before.news
    const news = next.state === 'not-authenticated' ? undefined : next.news
    if (newsBefore !== news) newsBefore?.close()
    if (before.state !== 'not-authenticated' && next.state === 'not-authenticated') before.metadata.close()
    if (next.state !== 'not-authenticated') next.metadata.onChange(this.#hear)
    news?.onChange(this.#hear)
    news?.select(next.state === 'selected' ? next.view.mailbox.id : undefined)
    if (next.state === 'selected') next.view.onChange(this.#hear)
  }

  /** `result`: of the command that ends. */
  #sync(allowed: Sync, result?: Result): Promise<void> | undefined {
    const session = this.#session
    if (session.state === 'selected') return this.#syncSelected(session, allowed, result)
    if (session.state === 'not-authenticated' || allowed === 'nothing') return undefined
    return this.#teller.tell(session, allowed, result)
  }

  async #syncSelected(session: Selected, allowed: Sync, result: Result | undefined): Promise<void> {
    if (allowed !== 'nothing') await this.#checkRights()
    if (session.view.gone) {
      // RFC 2180 section 3.3. No client expects to find itself without a mailbox, but each knows how to connect again.
      this.#become(deselect(session))
      this.#line.goodbye(session.view.permission.lost ? LOST : 'The selected mailbox was deleted')
      return
    }
    if (allowed !== 'nothing') await this.#teller.tell(session, allowed, result)
  }
}

/** Its \Seen may also have become another's: who still has the right can select it again. */
const LOST = 'The selected mailbox is no longer shared with you as it was'
export const TOO_LONG = 'The line is too long'

/** A message that came from elsewhere must not break the line. */
function oneLine({ text }: Failure): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ')
}
