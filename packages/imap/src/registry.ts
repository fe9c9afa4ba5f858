import { mechanismsFor } from '@mailstead/sasl'
import type { Mailbox } from '@mailstead/store'
import type {
  Extension,
  ListReturn,
  ListSelection,
  LoginPeer,
  Registry,
  SelectParameter,
  Services,
  StatusItem,
  TableEntry,
} from './command.ts'
import { statesOf, withDependents, type CapabilityState } from './capability-states.ts'
import { REGISTRY_VARIANTS, type ImapLimits } from './limits.ts'
import type { Session } from './session.ts'
import { anyState } from './commands/any.ts'
import { append } from './commands/append.ts'
import { copyCommands } from './commands/copy.ts'
import { expungeCommands } from './commands/expunge.ts'
import { fetchCommands } from './commands/fetch.ts'
import { list, lsub } from './commands/list.ts'
import { loginCommands } from './commands/login.ts'
import { mailboxCommands } from './commands/mailboxes.ts'
import { searchCommands } from './commands/search.ts'
import { selectCommands } from './commands/select.ts'
import { baseStatusItems, status } from './commands/status.ts'
import { storeCommands } from './commands/store.ts'
import { acl, aclRights, listMyRights } from './extensions/acl.ts'
import { appendlimit } from './extensions/appendlimit.ts'
import { binary } from './extensions/binary.ts'
import { catenate } from './extensions/catenate.ts'
import { children } from './extensions/children.ts'
import { condstore } from './extensions/condstore.ts'
import { compressDeflate } from './extensions/compress.ts'
import { contextSearch, contextSort } from './extensions/context.ts'
import { enable } from './extensions/enable.ts'
import { esearch } from './extensions/esearch.ts'
import { i18nLevel } from './extensions/i18nlevel.ts'
import { fuzzy } from './extensions/fuzzy.ts'
import { id } from './extensions/id.ts'
import { idle } from './extensions/idle.ts'
import { inProgress } from './extensions/inprogress.ts'
import { listExtended } from './extensions/list-extended.ts'
import { listStatus } from './extensions/list-status.ts'
import { literalMinus, literalPlus } from './extensions/literals.ts'
import { listMetadata, metadata } from './extensions/metadata.ts'
import { messageLimit } from './extensions/messagelimit.ts'
import { move } from './extensions/move.ts'
import { multiappend } from './extensions/multiappend.ts'
import { multisearch } from './extensions/multisearch.ts'
import { namespace } from './extensions/namespace.ts'
import { notify } from './extensions/notify.ts'
import { objectid } from './extensions/objectid.ts'
import { partial } from './extensions/partial.ts'
import { previews } from './extensions/preview.ts'
import { qresync } from './extensions/qresync.ts'
import { quota, quotaMessage, quotaSet, quotaStorage } from './extensions/quota.ts'
import { replace } from './extensions/replace.ts'
import { rev2 } from './extensions/rev2.ts'
import { saslIr } from './extensions/sasl-ir.ts'
import { savedate } from './extensions/savedate.ts'
import { searchres } from './extensions/searchres.ts'
import { sort, sortDisplay, esort } from './extensions/sort.ts'
import { createSpecialUse, specialUse } from './extensions/special-use.ts'
import { statusSize } from './extensions/status-size.ts'
import { threadOrderedSubject, threadReferences } from './extensions/thread.ts'
import { uidonly } from './extensions/uidonly.ts'
import { uidplus } from './extensions/uidplus.ts'
import { unauthenticate } from './extensions/unauthenticate.ts'
import { unselect } from './extensions/unselect.ts'
import { utf8Accept } from './extensions/utf8-accept.ts'
import { urlauth, urlauthBinary, urlPartial } from './extensions/urlauth.ts'
import { within } from './extensions/within.ts'
import { xlist } from './extensions/xlist.ts'
import type { StoreModifier } from './commands/store-modifier.ts'
import type { FetchItem } from './fetch/item.ts'
import { baseFetchItems } from './fetch/items.ts'
import type { FetchModifier } from './fetch/modifier.ts'
import type { SearchKey } from './search/key.ts'
import { baseSearchKeys } from './search/keys.ts'
import type { SearchReturn } from './search/return.ts'
import type { SortKey } from './sort/key.ts'
import type { ThreadKind } from './thread/kind.ts'

const BASE: readonly TableEntry[] = [
  ...anyState,
  ...loginCommands,
  ...selectCommands,
  ...mailboxCommands,
  list,
  lsub,
  status,
  append,
  ...expungeCommands,
  ...fetchCommands,
  ...storeCommands,
  ...searchCommands,
  ...copyCommands,
]

/** In the order of CAPABILITY. */
const EXTENSIONS: readonly Extension[] = [
  rev2,
  literalMinus,
  literalPlus,
  saslIr,
  id,
  enable,
  utf8Accept,
  condstore,
  qresync,
  uidonly,
  idle,
  namespace,
  unselect,
  inProgress,
  unauthenticate,
  compressDeflate,
  uidplus,
  move,
  children,
  specialUse,
  createSpecialUse,
  listExtended,
  listStatus,
  listMetadata,
  statusSize,
  xlist,
  acl,
  aclRights,
  listMyRights,
  quota,
  quotaSet,
  quotaStorage,
  quotaMessage,
  metadata,
  esearch,
  searchres,
  fuzzy,
  within,
  savedate,
  objectid,
  multiappend,
  catenate,
  urlauth,
  urlauthBinary,
  urlPartial,
  replace,
  appendlimit,
  messageLimit,
  previews,
  partial,
  notify,
  i18nLevel,
  sort,
  sortDisplay,
  esort,
  multisearch,
  contextSearch,
  contextSort,
  threadOrderedSubject,
  threadReferences,
  binary,
]

/** The base commands and the extensions that are switched on, looked up by name. */
export class ExtensionRegistry implements Registry {
  readonly base: readonly TableEntry[]
  readonly extensions: readonly Extension[]
  readonly #baseItems: readonly StatusItem[]
  readonly #commands: Map<string, TableEntry>
  readonly #statusItems: Map<string, StatusItem>
  readonly #fetchItems: Map<string, FetchItem>
  readonly #fetchModifiers: Map<string, FetchModifier>
  readonly #storeModifiers: Map<string, StoreModifier>
  readonly #selectParameters: Map<string, SelectParameter>
  readonly #searchKeys: Map<string, SearchKey>
  readonly #searchReturns: Map<string, SearchReturn>
  readonly #sortKeys: Map<string, SortKey>
  readonly #threadKinds: Map<string, ThreadKind>
  readonly #listSelections: Map<string, ListSelection>
  readonly #listReturns: Map<string, ListReturn>
  readonly #capabilities: ReadonlySet<string>
  readonly #mailboxCodes: readonly Extension[]
  /** What its extensions announce before login and after it, in a service whose limits do not change. */
  readonly #offered: { first?: string; later?: string } = {}
  readonly #without = new Map<string, ExtensionRegistry>()

  constructor(base: readonly TableEntry[], baseItems: readonly StatusItem[], extensions: readonly Extension[]) {
    this.base = base
    this.#baseItems = baseItems
    this.extensions = extensions
    this.#capabilities = new Set(extensions.map(({ capability }) => capability))
    this.#mailboxCodes = extensions.filter(({ mailboxCode }) => mailboxCode !== undefined)
    this.#commands = byName([base, ...extensions.map((extension) => extension.commands ?? [])])
    this.#statusItems = byName([baseItems, ...extensions.map((extension) => extension.statusItems ?? [])])
    this.#fetchItems = byName([baseFetchItems, ...extensions.map((extension) => extension.fetchItems ?? [])])
    this.#fetchModifiers = byName(extensions.map((extension) => extension.fetchModifiers ?? []))
    this.#storeModifiers = byName(extensions.map((extension) => extension.storeModifiers ?? []))
    this.#selectParameters = byName(extensions.map((extension) => extension.selectParameters ?? []))
    this.#searchKeys = byName([baseSearchKeys, ...extensions.map((extension) => extension.searchKeys ?? [])])
    this.#searchReturns = byName(extensions.map((extension) => extension.searchReturns ?? []))
    this.#sortKeys = byName(extensions.map((extension) => extension.sortKeys ?? []))
    this.#threadKinds = byName(extensions.map((extension) => extension.threadKinds ?? []))
    this.#listSelections = byName(extensions.map((extension) => extension.listSelections ?? []))
    this.#listReturns = byName(extensions.map((extension) => extension.listReturns ?? []))
  }

  command(name: string): TableEntry | undefined {
    return this.#commands.get(name)
  }

  statusItem(name: string): StatusItem | undefined {
    return this.#statusItems.get(name)
  }

  fetchItem(name: string): FetchItem | undefined {
    return this.#fetchItems.get(name)
  }

  fetchModifier(name: string): FetchModifier | undefined {
    return this.#fetchModifiers.get(name)
  }

  storeModifier(name: string): StoreModifier | undefined {
    return this.#storeModifiers.get(name)
  }

  selectParameter(name: string): SelectParameter | undefined {
    return this.#selectParameters.get(name)
  }

  searchKey(name: string): SearchKey | undefined {
    return this.#searchKeys.get(name)
  }

  searchReturn(name: string): SearchReturn | undefined {
    return this.#searchReturns.get(name)
  }

  sortKey(name: string): SortKey | undefined {
    return this.#sortKeys.get(name)
  }

  listSelection(name: string): ListSelection | undefined {
    return this.#listSelections.get(name)
  }

  listReturn(name: string): ListReturn | undefined {
    return this.#listReturns.get(name)
  }

  mailboxCodes(mailbox: Mailbox): string[] {
    return this.#mailboxCodes.flatMap(({ mailboxCode }) => mailboxCode?.(mailbox) ?? [])
  }

  threadKind(name: string): ThreadKind | undefined {
    return this.#threadKinds.get(name)
  }

  has(capability: string): boolean {
    return this.#capabilities.has(capability)
  }

  enableable(capability: string): Extension | undefined {
    return this.extensions.find((extension) => extension.enable !== undefined && extension.capability.toUpperCase() === capability)
  }

  capabilities(session: Session, peer: LoginPeer, { accounts, limits }: Pick<Services, 'accounts' | 'limits'>): string {
    if (session.state !== 'not-authenticated') return (this.#offered.later ??= `CAPABILITY ${this.#announced(true, limits)}`)
    const names = [(this.#offered.first ??= this.#announced(false, limits))]
    if (!peer.encrypted && peer.canStartTls) names.push('STARTTLS')
    if (!peer.secure) names.push('LOGINDISABLED')
    for (const { name } of mechanismsFor(accounts, peer)) names.push(`AUTH=${name}`)
    return `CAPABILITY ${names.join(' ')}`
  }

  #announced(loggedIn: boolean, limits: ImapLimits): string {
    const names = ['IMAP4rev1']
    for (const { capability, value, announced } of this.extensions) {
      if (announced === 'always' || (announced === 'before-login') !== loggedIn) {
        names.push(value === undefined ? capability : `${capability}=${value(limits)}`)
      }
    }
    return names.join(' ')
  }

  without(capabilities: readonly string[]): ExtensionRegistry {
    if (capabilities.length === 0) return this
    const off = withDependents(this.extensions, capabilities)
    const key = [...off].sort().join(' ')
    if (key === '') return this
    // Sessions of accounts that lack the same share one table.
    let less = this.#without.get(key)
    if (less === undefined) {
      const left = this.extensions.filter(({ capability }) => !off.has(capability))
      less = new ExtensionRegistry(this.base, this.#baseItems, left)
      if (this.#without.size >= REGISTRY_VARIANTS) this.#without.clear()
      this.#without.set(key, less)
    }
    return less
  }
}

/** Everything this server can do. */
export function fullRegistry(): ExtensionRegistry {
  return new ExtensionRegistry(BASE, baseStatusItems, EXTENSIONS)
}

/** What can be switched for an account, in the order of CAPABILITY, and how it stands with `off` switched off. */
export function capabilityStates(off: readonly string[]): readonly CapabilityState[] {
  return statesOf(EXTENSIONS, off)
}

/** The same row may belong to two extensions: a command that either of them needs. */
function byName<T extends { readonly name: string }>(lists: readonly (readonly T[])[]): Map<string, T> {
  const map = new Map<string, T>()
  for (const row of lists.flat()) {
    if (map.has(row.name) && map.get(row.name) !== row) throw new Error(`${row.name} stands in the table twice`)
    map.set(row.name, row)
  }
  return map
}
