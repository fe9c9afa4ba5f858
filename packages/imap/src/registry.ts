import { mechanismsFor } from '@mailstead/sasl'
import type { Extension, ListReturn, ListSelection, Peer, Registry, StatusItem, TableEntry } from './command.ts'
import type { Session } from './session.ts'

/** The base commands and the extensions that are switched on, looked up by name. */
export class ExtensionRegistry implements Registry {
  readonly extensions: readonly Extension[]
  readonly #base: readonly TableEntry[]
  readonly #baseItems: readonly StatusItem[]
  readonly #commands: Map<string, TableEntry>
  readonly #statusItems: Map<string, StatusItem>
  readonly #listSelections: Map<string, ListSelection>
  readonly #listReturns: Map<string, ListReturn>

  constructor(base: readonly TableEntry[], baseItems: readonly StatusItem[], extensions: readonly Extension[]) {
    this.#base = base
    this.#baseItems = baseItems
    this.extensions = extensions
    this.#commands = byName([base, ...extensions.map((extension) => extension.commands ?? [])])
    this.#statusItems = byName([baseItems, ...extensions.map((extension) => extension.statusItems ?? [])])
    this.#listSelections = byName(extensions.map((extension) => extension.listSelections ?? []))
    this.#listReturns = byName(extensions.map((extension) => extension.listReturns ?? []))
  }

  command(name: string): TableEntry | undefined {
    return this.#commands.get(name)
  }

  statusItem(name: string): StatusItem | undefined {
    return this.#statusItems.get(name)
  }

  listSelection(name: string): ListSelection | undefined {
    return this.#listSelections.get(name)
  }

  listReturn(name: string): ListReturn | undefined {
    return this.#listReturns.get(name)
  }

  canEnable(capability: string): boolean {
    return this.extensions.some((extension) => extension.enable === true && extension.capability === capability)
  }

  capabilities(session: Session, peer: Pick<Peer, 'encrypted' | 'secure' | 'canStartTls'>): string {
    const loggedIn = session.state !== 'not-authenticated'
    const names = ['IMAP4rev1']
    for (const { capability, announced } of this.extensions) {
      if (announced === 'always' || (announced === 'before-login') !== loggedIn) names.push(capability)
    }
    if (!loggedIn) {
      if (!peer.encrypted && peer.canStartTls) names.push('STARTTLS')
      if (!peer.secure) names.push('LOGINDISABLED')
      for (const { name } of mechanismsFor(peer)) names.push(`AUTH=${name}`)
    }
    return `CAPABILITY ${names.join(' ')}`
  }

  without(capabilities: readonly string[]): ExtensionRegistry {
    const left = this.extensions.filter((extension) => !capabilities.includes(extension.capability))
    return new ExtensionRegistry(this.#base, this.#baseItems, left)
  }
}

function byName<T extends { readonly name: string }>(lists: readonly (readonly T[])[]): Map<string, T> {
  const map = new Map<string, T>()
  for (const row of lists.flat()) {
    if (map.has(row.name)) throw new Error(`${row.name} stands in the table twice`)
    map.set(row.name, row)
  }
  return map
}
