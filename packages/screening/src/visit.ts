import type { Logger } from '@mailstead/base'
import type { Finding, PolicyRecipient, PolicySubject, Verdict, Visit } from '@mailstead/delivery'
import type { Resolver } from '@mailstead/resolver'
import { formatAddress, type SmtpAddress } from '@mailstead/wire'
import type { Authentication } from './authentication/facts.ts'
import type { Authenticator } from './authentication/authenticator.ts'
import { authenticationFaults, unalignedIn } from './checks/authentication.ts'
import { checkDnsLists } from './checks/dns-lists.ts'
import { checkHelo } from './checks/helo.ts'
import { checkReverseName } from './checks/reverse-name.ts'
import { checkSenderDomain } from './checks/sender-domain.ts'
import { decide, scoreOf, type Decision } from './decide.ts'
import { fault } from './finding.ts'
import { Gathering } from './gathering.ts'
import type { Greylisting } from './greylisting.ts'
import { MAX_REASONS, SUSPECT_WAIT } from './limits.ts'
import type { ScreeningOptions } from './options.ts'
import { isSenderProven } from './proven.ts'
import type { Suspects } from './suspects.ts'

/** What all visits share. */
export interface VisitContext extends ScreeningOptions {
  readonly authenticator: Authenticator | undefined
  /** For names that strangers choose. */
  readonly resolver: Resolver
  readonly listResolver: Resolver
  readonly suspects: Suspects
  readonly greylisting: Greylisting | undefined
}

export interface Host {
  readonly address: string
  readonly network: string
}

/** They can be written to by anybody, so that whoever is turned down here finds somebody to talk to (RFC 5321 section 4.5.1, RFC 2142). */
const ALWAYS_REACHED = /^(?:postmaster|abuse)$/i

type Job = () => Promise<readonly Finding[]>

export class StrangerVisit implements Visit {
  readonly #context: VisitContext
  readonly #host: Host
  readonly #log: Logger
  readonly #connection: Gathering
  #early: readonly Finding[] = []
  /** As EHLO said it. */
  #name = ''
  #heloName: string | undefined
  #helo: Gathering | undefined
  #sender: Gathering | undefined
  #mailFrom = ''
  /** Of the message: how it is authenticated. */
  #authentication: readonly Finding[] = []
  #results: string | undefined
  #signers: readonly string[] = []
  #proven = false
  #chain: Authentication['arc'] = 'none'
  #unaligned: string | undefined
  /** Look-ups under way that nobody waits for yet. */
  #ahead = 0
  #told = false

  constructor(context: VisitContext, host: Host, log: Logger) {
    this.#context = context
    this.#host = host
    this.#log = log
    const { checks, lists, resolver, listResolver } = context
    const { address } = host
    this.#connection = this.#gathering([
      ...(checks.reverseName ? [() => checkReverseName(address, { resolver, log })] : []),
      ...(lists.length > 0 ? [() => checkDnsLists(lists)(address, { resolver: listResolver, log })] : []),
    ])
    void this.#connection.begin()
  }

  connected(): Promise<void> | undefined {
    const { suspects, clock } = this.#context
    if (!suspects.has(this.#host.network)) return undefined
    const waited = Promise.withResolvers<void>()
    clock.after(SUSPECT_WAIT, () => waited.resolve())
    return Promise.all([this.#connection.begin(), waited.promise]).then(() => {})
  }

  spokeEarly(): void {
    if (this.#context.checks.earlyTalkers) this.#early = [fault('early-talker', `${this.#host.address} speaks before it is greeted`)]
  }

  helo(name: string): void {
    this.#name = name
    // Names again and again are no look-ups again and again.
    if (!this.#context.checks.helo || name === this.#heloName) return
    const { resolver, isOurs } = this.#context
    const subject = { name, address: this.#host.address, isOurs }
    this.#heloName = name
    this.#helo = this.#gathering([() => checkHelo(subject, { resolver, log: this.#log })])
    this.#goAhead(this.#helo)
  }

  sender(address: SmtpAddress | undefined): void {
    this.#told = false
    this.#authentication = []
    this.#results = undefined
    this.#proven = false
    this.#signers = []
    this.#unaligned = undefined
    this.#mailFrom = address === undefined ? '' : formatAddress(address).toLowerCase()
    this.#sender = undefined
    if (!this.#context.checks.senderDomain || address === undefined) return
    const { resolver } = this.#context
    this.#sender = this.#gathering([() => checkSenderDomain(address.domain, { resolver, log: this.#log })])
    this.#goAhead(this.#sender)
  }

  async recipient({ address }: PolicyRecipient): Promise<Verdict> {
    if (ALWAYS_REACHED.test(address.localPart)) return this.#verdict('accept')
    const decision = await this.#decision()
    if (decision === 'accept') return this.#verdict('accept')
    const { suspects, greylisting } = this.#context
    const { network } = this.#host
    if (decision === 'greylist') {
      const mark = { network, sender: this.#mailFrom, recipient: formatAddress(address).toLowerCase() }
      const left = await greylisting?.wait(mark, this.#log)
      if (left === undefined) return this.#verdict('accept')
      if (left === 0) {
        suspects.clear(network)
        return this.#verdict('accept')
      }
      suspects.add(network)
      return this.#verdict('defer', `Greylisted, try again in ${Math.ceil(left / 60_000)} min: ${this.#reasons()}`)
    }
    suspects.add(network)
    return this.#verdict('refuse', `Refused: ${this.#reasons()}`)
  }

  /** Who came again to be let in is not sent away once more, but what has been found since can be too much. */
  async message(subject: PolicySubject): Promise<Verdict> {
    const { recipients } = subject
    let decision = await this.#decision()
    if (decision !== 'refuse') {
      await this.#authenticate(subject)
      decision = await this.#decision()
    }
    const known = recipients.some(({ address }) => ALWAYS_REACHED.test(address.slice(0, address.lastIndexOf('@'))))
    return decision === 'refuse' && !known ? this.#verdict('refuse', `Refused: ${this.#reasons()}`) : this.#verdict('accept')
  }

  async #authenticate({ mailFrom, blob }: PolicySubject): Promise<void> {
    const { authenticator, hostName } = this.#context
    const { address } = this.#host
    const found = await authenticator?.check({ address, heloName: this.#name, mailFrom, hostName }, blob)
    if (found === undefined) return
    this.#results = found.results
    this.#proven = isSenderProven(mailFrom, found)
    this.#signers = found.dkim.flatMap(({ domain, result }) => (result === 'pass' ? [domain.toLowerCase()] : []))
    this.#chain = found.arc
    this.#unaligned = unalignedIn(found)
    this.#authentication = authenticationFaults(found, address)
    // What was said of the transaction is not all any more.
    if (this.#authentication.length > 0) this.#told = false
  }

  async #decision(): Promise<Decision> {
    await Promise.all(this.#stages.map((stage) => stage.begin()))
    const decision = decide(this.#findings, this.#context.thresholds)
    if (!this.#told && this.#findings.length > 0)
      this.#log.info('screened', { decision, score: scoreOf(this.#findings), findings: this.#findings })
    this.#told = true
    return decision
  }

  get #stages(): readonly Gathering[] {
    return [this.#connection, this.#helo, this.#sender].filter((stage) => stage !== undefined)
  }

  get #findings(): readonly Finding[] {
    return [...this.#early, ...this.#stages.flatMap(({ findings }) => findings), ...this.#authentication]
  }

  #reasons(): string {
    const against = this.#findings.filter(({ weight }) => weight > 0).map(({ reason }) => reason)
    return against.join('; ').slice(0, MAX_REASONS)
  }

  #verdict(ruling: Verdict['ruling'], text?: string): Verdict {
    const results =
      this.#results === undefined ? {} : { results: this.#results, proven: this.#proven, signers: this.#signers, chain: this.#chain }
    const unfit = this.#unaligned ?? (decide(this.#findings, this.#context.thresholds) === 'refuse' ? 'it was judged as spam' : undefined)
    return {
      ruling,
      score: scoreOf(this.#findings),
      findings: this.#findings,
      ...(text === undefined ? {} : { text }),
      ...results,
      ...(unfit === undefined ? {} : { unfit }),
    }
  }

  #gathering(jobs: readonly Job[]): Gathering {
    const { clock, patience: ms } = this.#context
    return new Gathering(jobs, { clock, log: this.#log, ms })
  }

  /** Look-ups run while the client goes on, but never more than one stage's at once: a client that only changes its names asks DNS nothing. */
  #goAhead(stage: Gathering): void {
    if (this.#ahead > 0) return
    this.#ahead++
    void stage.begin().finally(() => this.#ahead--)
  }
}
