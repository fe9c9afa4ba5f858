import type { ImapDecoder } from '@mailstead/wire'

/** Octets in the name of an entry. */
const MAX_NAME = 256

const SCOPED = /^\/(?:private|shared)(?:\/|$)/i
const VENDOR = /^\/[^/]+\/vendor(?:\/[^/]+)?$/i

/** entry = astring, with what RFC 5464 section 3.2 says of names. In the spelling of the client; compared without case. */
export function entryName(d: ImapDecoder): string {
  return checkName(d, d.astring())
}

/** `name` has just been read. */
export function checkName(d: ImapDecoder, name: string): string {
  const wellFormed = SCOPED.test(name) && !/[^\x20-\x7e]|[*%]|\/\/|\/$/.test(name) && name.length <= MAX_NAME
  return wellFormed ? name : d.fail('the name of an entry, /private/… or /shared/…, before here')
}

/** One that can have a value: two components at least, four of a vendor's (section 3.2). */
export function settableName(d: ImapDecoder): string {
  const name = entryName(d)
  return name.indexOf('/', 1) === -1 || VENDOR.test(name) ? d.fail('the name of an entry that can have a value before here') : name
}

/** Each name once, in the spelling that came last and at the place of the first. */
export function unique(names: readonly string[]): readonly string[] {
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()]
}
