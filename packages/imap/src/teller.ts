import type { Logger } from '@mailstead/base'
import { ConnectionLost } from '@mailstead/net'
import type { CommandContext, Result } from './command.ts'
import { knowsModSeqs, tellsVanished } from './modseq.ts'
import type { Responder } from './responses.ts'
import { updatesOf } from './search/updates.ts'
import type { Authenticated, News, Selected } from './session.ts'
import type { Sync } from './telling.ts'

/** Tells a client what is new: in the mailbox that it has selected, among annotations, and what else it has asked for. */
export class Teller {
  readonly #respond: Responder
  readonly #log: Logger
  readonly #context: () => CommandContext

  constructor(respond: Responder, log: Logger, context: () => CommandContext) {
    this.#respond = respond
    this.#log = log
    this.#context = context
  }

  /** `result`: of the command that ends. Nothing to wait for where there is nothing to tell. */
  tell(session: Authenticated | Selected, allowed: Exclude<Sync, 'nothing'>, result: Result | undefined): Promise<void> | undefined {
    if (session.state === 'authenticated' && session.news === undefined && !session.metadata.waiting) return undefined
    return this.#tell(session, allowed, result)
  }

  async #tell(session: Authenticated | Selected, allowed: Exclude<Sync, 'nothing'>, result: Result | undefined): Promise<void> {
    if (session.state === 'selected') await this.#tellView(session, allowed, result)
    if (session.metadata.waiting) await session.metadata.tell(this.#respond)
    if (session.news !== undefined) await this.#tellNews(session, (news) => news.tell(session))
  }

  async #tellView(session: Selected, allowed: Sync, result: Result | undefined): Promise<void> {
    const { view, store, news } = session
    const telling = {
      flags: news?.selected.flags ?? true,
      // What the client expunges itself it is told whatever it asked for.
      expunges: allowed === 'everything' && (news?.selected.messages !== false || result?.expunged === true),
      arrivals: news?.selected.messages ?? true,
    }
    const arrived = await view.sync(telling, this.#respond, knowsModSeqs(session), tellsVanished(session))
    if (view.takeClaim()) {
      store
        .recent(view.mailbox.id, true)
        .catch((error: unknown) => this.#log.warn('imap: cannot note what is recent', { error: String(error) }))
    }
    const own = new Set(result?.made?.mailbox === view.mailbox.id ? result.made.uids : [])
    await updatesOf(view)?.tell({ ...this.#context(), session }, own, news?.selected.messages !== true)
    const others = arrived.filter((uid) => !own.has(uid))
    if (others.length > 0) await this.#tellNews(session, (told) => told.describe(session, others))
  }

  /** News that cannot be told are no failure of the command that they follow. */
  async #tellNews({ news }: Authenticated | Selected, tell: (news: News) => Promise<void>): Promise<void> {
    if (news === undefined) return
    try {
      await tell(news)
    } catch (error) {
      if (error instanceof ConnectionLost) throw error
      this.#log.warn('imap: cannot tell news', { error })
    }
  }
}
