import { ImapDecoder, type Frame } from '@mailstead/wire'
import type { Registry, TableEntry } from './command.ts'
import { ImapBad, uidRequired } from './errors.ts'
import { uidOnly, utf8Names, type Session } from './session.ts'

/** A command, as far as it could be read. */
export interface Found {
  readonly tag: string
  readonly entry?: TableEntry | undefined
  /** Stands behind the name. */
  readonly decoder?: ImapDecoder
  readonly error?: unknown
}

/** Tag, name and entry, as far as they can be read. */
export function lookUp(frame: Frame, session: Session, registry: Registry): Found {
  const decoder = new ImapDecoder(frame, { utf8Names: utf8Names(session) })
  let tag = '*'
  try {
    tag = decoder.tag()
    decoder.space()
    const entry = registry.command(decoder.commandName())
    decoder.setOrigin()
    return { tag, entry, decoder }
  } catch (error) {
    return { tag, error }
  }
}

/** The entry, if there is one and the state is right for it. Throws `ImapBad`. */
export function checked(entry: TableEntry | undefined, session: Session): TableEntry {
  if (entry === undefined) throw new ImapBad('No such command')
  const { state } = entry
  const now = session.state
  if (state === 'any' || state === now || (state === 'authenticated' && now === 'selected')) {
    if (entry.byNumber === true && uidOnly(session)) throw uidRequired()
    return entry
  }
  if (now === 'not-authenticated') throw new ImapBad('Log in first')
  throw new ImapBad(state === 'selected' ? 'Select a mailbox first' : 'Logged in already')
}

/** What a reply to something unreadable names. */
export function tagOf({ line }: Frame): string {
  try {
    return new ImapDecoder(line).tag()
  } catch {
    return '*'
  }
}
