import type { Clock, Logger } from '@mailstead/base'
import type { Identity, LoginContext, LoginFailure, LoginResult, Refusal } from '@mailstead/sasl'
import { StoreError, type Account, type AccountId, type Credential, type Directory } from '@mailstead/store'
import { formatAddress, parseLogin, type AddressParts } from './address.ts'
import { defaultDomain } from './routing.ts'

/** No account has it: unknown names cost the same look-ups. */
export const NOBODY = 0 as AccountId

export interface Candidate {
  readonly account: Account | undefined
  /** What the log calls it. */
  readonly name: string
  /** Those that are valid now and for this protocol. */
  readonly credentials: readonly Credential[]
}

/** One that has proved to be an account. */
export interface Proven {
  readonly account: Account
  /** As the client wrote it. */
  readonly login: string
  /** The address to act as; empty: its own. */
  readonly authorize: string
  /** What it was proved by; `undefined`: by somebody else's word. */
  readonly credential: Credential | undefined
}

/** What all ways to log in have in common: whose name it is, who is let in, and what the log is told. */
export class Doorkeeper {
  readonly #directory: Directory
  readonly #clock: Clock
  readonly #log: Logger

  constructor(directory: Directory, clock: Clock, log: Logger) {
    this.#directory = directory
    this.#clock = clock
    this.#log = log
  }

  /** Who the name means: an account's own address, never an alias. */
  async find(login: string): Promise<Account | undefined> {
    const { localPart, domain } = await this.fullName(login)
    const resolved = await this.#directory.resolve(localPart, domain)
    return resolved?.via === 'account' ? resolved.account : undefined
  }

  /** A local part alone is completed by the default domain. Empty where the name is none at all. */
  async fullName(login: string): Promise<AddressParts> {
    const parts = parseLogin(login) ?? { localPart: '', domain: '' }
    return parts.domain === '' ? { ...parts, domain: (await defaultDomain(this.#directory)) ?? '' } : parts
  }

  async candidate(login: string, context: LoginContext): Promise<Candidate> {
    const found = await this.find(login)
    const credentials = await this.#directory.credentials(found?.id ?? NOBODY)
    const now = this.#clock.now()
    const usable = credentials.filter(
      ({ protocols, expiresAt }) =>
        (protocols === undefined || protocols.includes(context.protocol)) && (expiresAt === undefined || expiresAt > now),
    )
    return { account: found, name: found === undefined ? login : formatAddress(found), credentials: usable }
  }

  /** RFC 4616 section 2: nobody acts as somebody else here. */
  async admit({ account, login, authorize, credential }: Proven, context: LoginContext): Promise<LoginResult> {
    if (!account.enabled) return this.refuse('bad-credentials', login, 'account disabled', context)
    if (authorize !== '' && (await this.find(authorize))?.id !== account.id) {
      return this.refuse('bad-credentials', login, `may not act as ${authorize}`, context)
    }
    this.#directory.noteLogin(account.id, credential?.id ?? 0, this.#clock.now())
    this.#log.info('logged in', { ...facts(login, context), account: account.id })
    return { ok: true, identity: identityOf(account) }
  }

  /** `reason` is for the log alone: the client hears the same of a wrong name, password or state. */
  refuse(failure: LoginFailure, login: string, reason: string, context: LoginContext): Refusal {
    this.#log.warn('login refused', { ...facts(login, context), failure, reason })
    return { ok: false, failure }
  }

  /** For what nobody foresaw while a login was checked. */
  failed(error: unknown, login: string, context: LoginContext): Refusal {
    const detail = error instanceof StoreError ? { error: error.message } : { error: error instanceof Error ? error.stack : String(error) }
    this.#log.error('login not checked', { ...facts(login, context), ...detail })
    return { ok: false, failure: 'unavailable' }
  }
}

function identityOf(account: Account): Identity {
  const { id, capabilitiesOff } = account
  return { account: id, address: formatAddress(account), ...(capabilitiesOff.length === 0 ? {} : { capabilitiesOff }) }
}

function facts(login: string, { protocol, remoteAddress, session }: LoginContext): object {
  return { session, protocol, remoteAddress, login: login.slice(0, 320) }
}
