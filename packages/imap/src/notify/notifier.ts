import type { Timer } from '@mailstead/base'
import { mayDo, StoreError, type AccountChange, type Change, type Mailbox, type MailboxId, type Uid, type Unwatch } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import { ImapNo } from '../errors.ts'
import { isOthers } from '../mailbox-filter.ts'
import { describeMessages, joinAttributes } from '../fetch/describe.ts'
import { entriesOf } from '../list-entries.ts'
import type { WantsMetadata } from '../metadata/news.ts'
import { knowsModSeqs } from '../modseq.ts'
import { Pace } from '../pace.ts'
import { Progress } from '../progress.ts'
import { updatesOf } from '../search/updates.ts'
import type { Authenticated, News, OwnActs, Selected } from '../session.ts'
import { eventsOf, FLAGS, MAILBOX_METADATA, NAME, SERVER_METADATA, SUBSCRIPTION } from './events.ts'
import { affectedNames, isOwn, listedAs, type AffectedName, type NameChange } from './names.ts'
import { NOTHING, type NotifyRequest, type SelectedRequest } from './parse.ts'
import { SharedMailboxes } from './shared-mailboxes.ts'
import { statusOf } from './status.ts'
import { WatchedMailboxes } from './watched-mailboxes.ts'

type Means = Pick<CommandContext, 'respond' | 'services' | 'peer'>
type LoggedIn = Authenticated | Selected

interface Refreshed extends ReturnType<SharedMailboxes['compare']> {
  readonly mailboxes: readonly Mailbox[]
}

/**
 * What one session asked for with NOTIFY. Hints of the store are gathered for a short rest; then each mailbox that has changed is
 * read once, and the list of mailboxes once when a name has changed.
 */
export class Notifier implements News {
  readonly #means: Means
  readonly #store: LoggedIn['store']
  readonly #watched: WatchedMailboxes
  /** Only for who may mean mailboxes of others. */
  readonly #shared: SharedMailboxes | undefined
  #request: NotifyRequest
  #names: NameChange[] = []
  /** The list of mailboxes has to be read anew, or compared with what was told too. */
  #outdated: 'names' | 'all' | undefined
  #timer: Timer | undefined
  #due = false
  #overflown = false
  #unwatch: Unwatch[] = []
  readonly #unwatchShared = new Map<MailboxId, Unwatch>()
  /** What the client did since the last list was compared. */
  #ownNames: string[] = []
  #onChange: () => void = () => {}

  private constructor({ respond, services, peer }: Means, { store, account }: LoggedIn, request: NotifyRequest) {
    this.#means = { respond, services, peer }
    this.#store = store
    this.#request = request
    this.#watched = new WatchedMailboxes(request.groups, account)
    if (request.groups.some(({ filter }) => filter.others)) this.#shared = new SharedMailboxes(account)
  }

  /** Watches before it lists, so that nothing falls between. With STATUS it tells what there is (RFC 5465 section 3.1). */
  static async open(context: CommandContext<LoggedIn>, request: NotifyRequest): Promise<Notifier> {
    const notifier = new Notifier(context, context.session, request)
    if (request.groups.length === 0) return notifier
    try {
      notifier.#watch()
      const { mailboxes, access } = await notifier.#refresh(false)
      notifier.#tellAccess(access)
      if (notifier.#overflown) throw new ImapNo('Too many mailboxes to watch', 'NOTIFICATIONOVERFLOW')
      if (request.status) await notifier.#tellAll(context.session, mailboxes)
    } catch (error) {
      notifier.close()
      throw error
    }
    return notifier
  }

  /** Whose annotations it is to hear of; `undefined`: of none. */
  get metadata(): WantsMetadata | undefined {
    const { groups } = this.#request
    const server = groups.some(({ events }) => (events & SERVER_METADATA) !== 0)
    if (!server && !groups.some(({ events }) => (events & MAILBOX_METADATA) !== 0)) return undefined
    return (mailbox) => (mailbox === undefined ? server : (eventsOf(groups, this.#watched.filtered(mailbox)) & MAILBOX_METADATA) !== 0)
  }

  get selected(): SelectedRequest {
    return this.#request.selected
  }

  onChange(run: () => void): void {
    this.#onChange = run
  }

  select(mailbox: MailboxId | undefined): void {
    this.#watched.selected = mailbox
  }

  own({ made, names }: OwnActs): void {
    if (made !== undefined) this.#watched.forgetOwn(made)
    if (names === undefined) return
    this.#names = this.#names.filter((change) => !isOwn(change, names))
    if (this.#shared !== undefined) this.#ownNames.push(...names)
  }

  recheck(): void {
    if (this.#request.groups.length === 0) return
    this.#outdated = 'all'
    this.#due = true
  }

  close(): void {
    this.#timer?.cancel()
    for (const unwatch of [...this.#unwatch.splice(0), ...this.#unwatchShared.values()]) unwatch()
    this.#unwatchShared.clear()
  }

  async tell(session: LoggedIn): Promise<void> {
    if (this.#due && !this.#overflown) {
      this.#due = false
      if (this.#outdated !== undefined) await this.#tellNames(this.#outdated)
      if (!this.#overflown) await this.#tellChanged(session)
    }
    if (this.#overflown) this.#giveUp(session)
  }

  async describe(session: Selected, arrived: readonly Uid[]): Promise<void> {
    const more = updatesOf(session.view)?.takeDescriptions()
    // RFC 5465 section 5.2: one response for what NOTIFY and searches want to be told.
    const wanted = arrived.map((uid) => [uid, joinAttributes(this.selected.attributes, more?.get(uid) ?? [])] as const)
    await describeMessages({ ...this.#means, session, progress: new Progress(), tag: '' }, new Map(wanted))
  }

  #watch(): void {
    this.#unwatch.push(
      this.#store.watchMailboxes((change) => this.#take(change)),
      this.#store.watchAccount((change) => this.#takeName(change)),
    )
    const shared = this.#shared
    if (shared === undefined) return
    this.#unwatch.push(
      this.#means.services.stores.watchAccounts((change) => {
        if (change.account === this.#store.actor || !(change.kind === 'rights' || ('name' in change && shared.has(change.account)))) return
        this.#outdated ??= 'names'
        this.#schedule()
      }),
    )
  }

  #take(change: Change): void {
    if (this.#watched.take(change)) this.#schedule()
  }

  #takeName(change: AccountChange): void {
    if (!('name' in change)) return
    this.#outdated ??= 'names'
    if (this.#request.groups.some(({ events }) => (events & (NAME | SUBSCRIPTION)) !== 0)) this.#names.push(change)
    if (this.#names.length > this.#means.services.limits.newsNames) this.#overflown = true
    this.#schedule()
  }

  #schedule(): void {
    const { clock, limits } = this.#means.services
    if (this.#timer !== undefined || this.#due) return
    const fire = (): void => {
      this.#timer = undefined
      this.#due = true
      this.#onChange()
    }
    if (limits.newsRest === 0) fire()
    else this.#timer = clock.after(limits.newsRest, fire)
  }

  async #refresh(compare: boolean): Promise<Refreshed> {
    const watched = this.#watched
    watched.sawUnknown = false
    const mailboxes = await this.#store.listMailboxes()
    watched.refresh(mailboxes, compare)
    this.#watchShared(mailboxes)
    if (watched.size > this.#means.services.limits.newsMailboxes) this.#overflown = true
    // It may have come while the list was read.
    if (watched.sawUnknown) {
      this.#outdated = 'all'
      this.#schedule()
    }
    const { changes, access } = this.#shared?.compare(mailboxes) ?? { changes: [], access: [] }
    const own = this.#ownNames.splice(0)
    return { mailboxes, changes: changes.filter((change) => !isOwn(change, own)), access }
  }

  /** Those of other owners are watched one by one. */
  #watchShared(mailboxes: readonly Mailbox[]): void {
    const ids = new Set(
      mailboxes.filter(({ id, owner }) => owner !== this.#store.actor && this.#watched.eventsOf(id) !== 0).map(({ id }) => id),
    )
    for (const [id, unwatch] of this.#unwatchShared) {
      if (ids.has(id)) continue
      unwatch()
      this.#unwatchShared.delete(id)
    }
    for (const id of ids) {
      const watched = this.#unwatchShared.has(id)
      if (!watched)
        this.#unwatchShared.set(
          id,
          this.#store.watch(id, (change) => this.#take(change)),
        )
    }
  }

  async #tellAll(session: LoggedIn, mailboxes: readonly Mailbox[]): Promise<void> {
    const pace = new Pace(this.#means.respond)
    const selected = session.state === 'selected' ? session.view.mailbox.id : undefined
    for (const mailbox of mailboxes) {
      const events = this.#watched.eventsOf(mailbox.id)
      if (events === 0 || mailbox.id === selected) continue
      this.#means.respond.status(mailbox.name, statusOf(mailbox, events, events, knowsModSeqs(session) || (events & FLAGS) !== 0))
      await pace.pause()
    }
  }

  async #tellNames(outdated: 'names' | 'all'): Promise<void> {
    const changes = this.#names.splice(0)
    this.#outdated = undefined
    try {
      const { mailboxes, changes: shared, access } = await this.#refresh(outdated === 'all')
      const affected = affectedNames([...changes, ...shared])
      if (affected.length > 0) this.#list(affected, mailboxes, await this.#store.listSubscriptions())
      this.#tellAccess(access)
    } catch (error) {
      this.#names.unshift(...changes)
      this.#outdated = 'all'
      throw error
    }
  }

  #list(affected: readonly AffectedName[], mailboxes: readonly Mailbox[], subscriptions: readonly string[]): void {
    const entries = new Map(entriesOf(mailboxes, subscriptions).map((entry) => [entry.name, entry]))
    for (const each of affected) {
      const entry = entries.get(each.name)
      const personal = !isOthers(each.name)
      const subscribed = entry?.subscribed === true || (each.events & SUBSCRIPTION) !== 0
      const names = each.oldName === undefined ? [each.name] : [each.name, each.oldName]
      const wanted = names.some((name) => (eventsOf(this.#request.groups, { name, personal, subscribed }) & each.events) !== 0)
      if (wanted) this.#means.respond.list('LIST', listedAs(each, entry))
    }
  }

  /** RFC 5465 sections 3.1 and 5.9. */
  #tellAccess(access: readonly Mailbox[]): void {
    for (const mailbox of access) {
      if (eventsOf(this.#request.groups, this.#watched.filtered(mailbox)) === 0) continue
      this.#means.respond.list('LIST', { attributes: mayDo(mailbox.rights, 'read') ? [] : ['\\NoAccess'], name: mailbox.name })
    }
  }

  async #tellChanged(session: LoggedIn): Promise<void> {
    const pace = new Pace(this.#means.respond)
    const changed = this.#watched.takeChanged()
    for (const [at, [id, told]] of changed.entries()) {
      const asked = this.#watched.eventsOf(id)
      if (asked === 0) continue
      try {
        const mailbox = await this.#store.mailboxById(id)
        this.#means.respond.status(mailbox.name, statusOf(mailbox, told & asked, asked, knowsModSeqs(session)))
      } catch (error) {
        if (error instanceof StoreError && (error.code === 'mailbox-not-found' || error.code === 'not-permitted')) continue
        this.#watched.putBack(changed.slice(at))
        throw error
      }
      await pace.pause()
    }
  }

  /** RFC 5465 section 5.8. */
  #giveUp({ metadata }: LoggedIn): void {
    this.close()
    metadata.want(undefined)
    this.#overflown = false
    this.#request = NOTHING
    this.#means.respond.ok('NOTIFICATIONOVERFLOW', 'There is too much to tell, so nothing is told any more')
  }
}
