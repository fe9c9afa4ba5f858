import type { Account, AccountId, Directory, Group, Resolved } from '@mailstead/store'
import type { Recipient, Resolution } from './accounts.ts'
import { formatAddress, parseAddress, splitTag } from './address.ts'
import { canonicalDomain } from './domain.ts'

/** RFC 2142 section 5 and RFC 5321 section 4.5.1: these always reach somebody, and so do reports that our DNS records ask for. */
const ALWAYS_THERE = new Set(['postmaster', 'abuse', 'mailer-daemon', 'dmarc', 'tls-rpt'])

interface Found extends Resolved {
  /** The local part that led there, without a tag. */
  readonly localPart: string
  readonly tag: string | undefined
}

export async function defaultDomain(directory: Directory): Promise<string | undefined> {
  return (await directory.listDomains()).find(({ isDefault }) => isDefault)?.name
}

/**
 * Where mail goes: the address itself, then without its tag; to an account, or to a group. `postmaster`, `abuse` and other duties of a local domain that
 * lead to neither go to the default domain's postmaster, and where that is nobody either, to its first
 * account that takes mail: they always work (RFC 5321 section 4.5.1). Whatever nobody has goes to the domain's
 * catch-all, but for who has moved.
 */
export class Routing {
  readonly #directory: Directory

  constructor(directory: Directory) {
    this.#directory = directory
  }

  async resolve(localPart: string, domain: string): Promise<Resolution> {
    const name = domain === '' ? await defaultDomain(this.#directory) : canonicalDomain(domain)
    if (name === undefined) return { kind: 'elsewhere' }
    const found = await this.#find(localPart, name)
    const lower = localPart.toLowerCase()
    const role = [lower, splitTag(lower)?.base ?? ''].find((part) => ALWAYS_THERE.has(part))
    if (found !== undefined && (found.account.enabled || role === undefined)) return outcome(found, name)
    const ours = await this.#directory.findDomain(name)
    if (ours === undefined) return { kind: 'elsewhere' }
    const group = found === undefined ? await this.#group(localPart, name) : undefined
    if (group !== undefined) return { kind: 'group', group }
    const tag = splitTag(localPart)?.tag
    const postmaster = role === undefined ? undefined : await this.#postmaster(name)
    if (role !== undefined && postmaster !== undefined) {
      if ('targets' in postmaster) return { kind: 'group', group: postmaster }
      return { kind: 'local', recipient: { account: postmaster, address: formatAddress({ localPart: role, domain: name }), tag } }
    }
    if (found !== undefined) return { kind: 'disabled' }
    const to = await this.#movedTo(localPart, name)
    if (to !== undefined) return { kind: 'moved', to }
    const account = ours.catchAll === undefined ? undefined : await this.#directory.account(ours.catchAll)
    if (account?.enabled !== true) return { kind: 'unknown' }
    return { kind: 'local', recipient: { account, address: formatAddress({ localPart, domain: name }), tag } }
  }

  /** Aliases and groups count, and what only the catch-all gets; the duty of postmaster does not: who is to write as postmaster gets the alias. */
  async maySendAs(account: AccountId, localPart: string, domain: string): Promise<boolean> {
    const name = canonicalDomain(domain)
    if (name === undefined) return false
    const found = await this.#find(localPart, name)
    if (found !== undefined) return found.account.id === account
    const group = await this.#group(localPart, name)
    if (group !== undefined) return this.#isMember(account, group)
    const role = ALWAYS_THERE.has((splitTag(localPart)?.base ?? localPart).toLowerCase())
    if (role || (await this.#directory.findDomain(name))?.catchAll !== account) return false
    return (await this.#movedTo(localPart, name)) === undefined
  }

  /** Whose address it is, open to mail or not; what nobody has is nobody's, whoever gets its mail. */
  async placeOf(localPart: string, domain: string): Promise<Account | Group | undefined> {
    return (await this.#find(localPart, domain))?.account ?? this.#group(localPart, domain)
  }

  async #movedTo(localPart: string, domain: string): Promise<string | undefined> {
    const split = splitTag(localPart)
    return (
      (await this.#directory.movedTo(localPart, domain)) ??
      (split === undefined ? undefined : await this.#directory.movedTo(split.base, domain))
    )
  }

  async #find(localPart: string, domain: string): Promise<Found | undefined> {
    const whole = await this.#directory.resolve(localPart, domain)
    if (whole !== undefined) return { ...whole, localPart, tag: undefined }
    const split = splitTag(localPart)
    const owner = split === undefined ? undefined : await this.#directory.resolve(split.base, domain)
    return split === undefined || owner === undefined ? undefined : { ...owner, localPart: split.base, tag: split.tag }
  }

  /** One that nobody is in any more is none. */
  async #group(localPart: string, domain: string): Promise<Group | undefined> {
    const base = splitTag(localPart)?.base
    const group =
      (await this.#directory.group(localPart, domain)) ?? (base === undefined ? undefined : await this.#directory.group(base, domain))
    return group?.targets.length === 0 ? undefined : group
  }

  /** By an address of its own in it, not by way of other groups. */
  async #isMember(account: AccountId, { targets }: Group): Promise<boolean> {
    for (const target of targets) {
      const address = parseAddress(target)
      const found = address === undefined ? undefined : await this.#find(address.localPart, address.domain)
      if (found?.account.id === account) return true
    }
    return false
  }

  async #postmaster(domain: string): Promise<Account | Group | undefined> {
    const home = await defaultDomain(this.#directory)
    for (const place of new Set([domain, home ?? domain])) {
      const own = (await this.#directory.resolve('postmaster', place))?.account
      if (own?.enabled === true) return own
      const group = own === undefined ? await this.#group('postmaster', place) : undefined
      if (group !== undefined) return group
    }
    const accounts = (await this.#directory.listAccounts()).filter(({ enabled }) => enabled)
    const byAge = accounts.sort((a, b) => a.id - b.id)
    return byAge.find((account) => account.domain === home) ?? byAge[0]
  }
}

function outcome(found: Found, domain: string): Resolution {
  if (!found.account.enabled) return { kind: 'disabled' }
  return { kind: 'local', recipient: recipient(found, domain) }
}

/** An account's own spelling where the account has the address, else the alias as it was written. */
function recipient({ account, via, localPart, tag }: Found, domain: string): Recipient {
  return { account, address: formatAddress(via === 'account' ? account : { localPart, domain }), tag }
}
