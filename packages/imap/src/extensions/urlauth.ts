import type { ImapDecoder } from '@mailstead/wire'
import { formatString } from '@mailstead/wire'
import { command, type CommandContext, type Extension, type TableEntry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import type { Authenticated, Selected } from '../session.ts'
import { accountOf, tokenOf } from '../urls/authorize.ts'
import { parseRequest, tellUrl } from '../urls/fetch.ts'
import { isMissing, readUrl, sectionOf } from '../urls/open.ts'

type Context = CommandContext<Authenticated | Selected>

function checkCount({ services }: Context, { length }: readonly unknown[]): void {
  const { urls } = services.limits
  if (length > urls) throw new ImapNo(`One command takes ${urls} URLs`, 'LIMIT')
}

/** One or more, each behind a blank. */
function several<T>(d: ImapDecoder, item: () => T): T[] {
  const items: T[] = []
  do {
    d.space()
    items.push(item())
  } while (!d.atEnd)
  return items
}

const genUrlAuth: TableEntry = command({
  name: 'GENURLAUTH',
  state: 'authenticated',
  sync: 'everything',
  // genurlauth = "GENURLAUTH" 1*(SP url-rump SP mechanism)
  parse: (d) =>
    several(d, () => {
      const text = d.astring()
      d.space()
      return { text, mechanism: d.word() }
    }),
  async run(context, rumps) {
    checkCount(context, rumps)
    const made: string[] = []
    for (const { text, mechanism } of rumps) {
      if (mechanism !== 'INTERNAL') throw new ImapBad('INTERNAL is the only mechanism')
      made.push(formatString(await authorized(context, text)))
    }
    context.respond.untagged(['GENURLAUTH', ...made].join(' '))
    return { text: 'URLs authorized' }
  },
})

/**
 * Section BASE.6.3.GENURLAUTH: what is missing in the URL is BAD. The host may be any, since a server has many names; what counts is whose
 * mailbox it is. Whether the user in the access identifier exists is not looked at, and so not told.
 */
async function authorized({ session, services, peer }: Context, text: string): Promise<string> {
  const url = readUrl(text, peer.registry)
  if (url?.uid === undefined || sectionOf(url) === undefined) throw new ImapBad('That is no URL of a message or a part of one')
  const { server, auth, mailbox } = url
  if (server?.user === undefined) throw new ImapBad('The URL names no owner')
  if (auth === undefined) throw new ImapBad('The URL has no access identifier')
  if (auth.proof !== undefined) throw new ImapBad('The URL is authorized already')
  if ((await accountOf(services.accounts, server.user)) !== session.account) throw new ImapBad('The owner of the URL is somebody else')
  const { id } = await session.store.openMailbox(mailbox).catch((error: unknown) => {
    throw isMissing(error) ? new ImapBad('The mailbox of the URL does not exist') : error
  })
  return `${text}:INTERNAL:${tokenOf(await session.store.makeUrlKey(id, false), auth.rump)}`
}

const resetKey: TableEntry = command({
  name: 'RESETKEY',
  state: 'authenticated',
  sync: 'everything',
  // resetkey = "RESETKEY" [SP mailbox *(SP mechanism)]
  parse(d) {
    if (d.atEnd) return undefined
    d.space()
    const mailbox = d.mailbox()
    while (d.skip(' ')) d.word()
    return mailbox
  },
  async run({ session }, mailbox) {
    if (mailbox === undefined) {
      await session.store.dropUrlKeys()
      return { text: 'All keys removed' }
    }
    const { id } = await session.store.openMailbox(mailbox)
    await session.store.makeUrlKey(id, true)
    return { code: 'URLMECH INTERNAL', text: 'The mailbox has a new key' }
  },
})

const urlFetch: TableEntry = command({
  name: 'URLFETCH',
  state: 'authenticated',
  sync: 'everything',
  // urlfetch = "URLFETCH" 1*(SP url-fetch-arg)
  parse: (d, registry) => several(d, () => parseRequest(d, registry)),
  async run(context, requests) {
    checkCount(context, requests)
    for (const request of requests) await tellUrl(context, request)
    return { text: 'URLs fetched' }
  },
})

/** RFC 4467. Who may use `submit+` URLs is in the configuration. */
export const urlauth: Extension = {
  capability: 'URLAUTH',
  rfc: 4467,
  summary: 'URLs that let others fetch one message or part, until they expire or the key of the mailbox is reset',
  commands: [resetKey, genUrlAuth, urlFetch],
}

/** RFC 5524. */
export const urlauthBinary: Extension = {
  capability: 'URLAUTH=BINARY',
  rfc: 5524,
  summary: 'URLFETCH gives parts without their encoding, and tells their structure',
  needs: ['URLAUTH'],
}

/** RFC 5550 section 5.7.1: `;PARTIAL=` in URLs of CATENATE and URLAUTH. */
export const urlPartial: Extension = {
  capability: 'URL-PARTIAL',
  rfc: 5550,
  summary: 'URLs name ranges of octets',
  needs: ['CATENATE', 'URLAUTH'],
}
