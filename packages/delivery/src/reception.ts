import { setImmediate } from 'node:timers/promises'
import type { EpochMs } from '@mailstead/base'
import { asLines, CannotReencode, formatDate, HeaderHold, readHeader, type HeldHeader } from '@mailstead/mime'
import type {
  AcceptPlan,
  BlobWriter,
  DeliveryOutcome,
  EnvelopeParameters,
  LocalReport,
  QueueId,
  StagedBlob,
  ZonedTime,
} from '@mailstead/store'
import { reencodeStaged } from '@mailstead/store'
import { formatAddress } from '@mailstead/wire'
import type { AdmittedRecipient } from './admission.ts'
import { Apportionment } from './apportionment.ts'
import type { DeliveryContext } from './context.ts'
import type { TransactionStart } from './envelope.ts'
import { withoutForgedResults } from './forged-results.ts'
import { authorsOf, headerFacts, type HeaderFacts } from './header-facts.ts'
import { MAX_HEADER, MAX_LINE, MAX_RECEIVED } from './limits.ts'
import type { Acceptance, DeliveryFailure } from './outcome.ts'
import { failureOf, inWords, type Verdict } from './policy.ts'
import { haveRead } from './reading.ts'
import { hear, mayReport } from './reports/listener.ts'
import { sentCopy } from './sent-copy.ts'
import { submissionHeader } from './submission-header.ts'
import { composeReceived } from './trace-header.ts'

/**
 * One message on its way in: our Received first, then the octets as they come, staged while the sender still sends;
 * `accept` commits it for all recipients at once. Ends with `accept` or `abort`.
 */
export class Reception {
  readonly queueId: QueueId
  readonly #context: DeliveryContext
  readonly #start: TransactionStart
  readonly #recipients: readonly AdmittedRecipient[]
  readonly #stage: () => BlobWriter
  readonly #writer: BlobWriter
  readonly #release: () => void
  readonly #receivedAt: ZonedTime
  /** Everybody waits until then; `undefined`: nobody. */
  #notBefore: EpochMs | undefined
  #hold: HeaderHold | undefined = new HeaderHold(MAX_HEADER)
  #facts: HeaderFacts = { fields: [], received: 0, deliveredTo: new Set(), tlsOptional: false }
  #refusal: DeliveryFailure | undefined
  #screened: string | undefined
  #verdict: Verdict | undefined
  /** Nothing shows that the stranger who sends it is the sender. */
  #forgeable = false

  constructor(
    context: DeliveryContext,
    start: TransactionStart,
    recipients: readonly AdmittedRecipient[],
    stage: () => BlobWriter,
    release: () => void,
  ) {
    this.queueId = context.intake.mintQueueId()
    this.#context = context
    this.#start = start
    this.#recipients = recipients
    this.#stage = stage
    this.#writer = stage()
    this.#release = release
    const at = context.clock.now()
    this.#receivedAt = { at, zone: -new Date(at).getTimezoneOffset() }
  }

  /** Keeps `chunk`, which must not change afterwards. Wait for the promise, if there is one, before the next write. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#refusal !== undefined) return undefined
    if (this.#hold === undefined) return this.#writer.write(chunk)
    const held = this.#hold.push(chunk)
    return held === undefined ? undefined : this.#header(held)
  }

  /** Never rejects: what goes wrong is an outcome. Reservations are given back, whatever happens. */
  async accept(): Promise<Acceptance> {
    const log = this.#context.log.child({ queueId: this.queueId })
    try {
      if (this.#hold !== undefined && this.#refusal === undefined) await this.#header(this.#hold.finish())
      return await this.#commit(log)
    } catch (error) {
      log.error('message was not kept', { err: error })
      return this.#all({ code: 'unavailable' })
    } finally {
      await this.abort()
    }
  }

  /** Gives up, and gives back what was staged and reserved. Harmless after `accept`. */
  async abort(): Promise<void> {
    this.#release()
    await this.#writer.abort().catch((error: unknown) => this.#context.log.error('staged octets were not given back', { err: error }))
  }

  async #header({ header: arrived, rest, truncated }: HeldHeader): Promise<void> {
    this.#hold = undefined
    const submitted = this.#start.origin.account !== undefined
    const isOwn = !submitted && this.#start.visit === undefined
    const read = readHeader(arrived)
    const { header, fields } = isOwn ? { header: arrived, fields: read } : withoutForgedResults(arrived, read, this.#context.hostName)
    this.#facts = headerFacts(fields)
    if (this.#facts.received > MAX_RECEIVED) this.#refusal = { code: 'too-many-hops' }
    else if (submitted && truncated) this.#refusal = { code: 'header-too-big' }
    if (this.#refusal !== undefined) return this.#writer.abort()
    // In one piece: each is hashed and scanned by itself.
    await this.#writer.write(Buffer.concat([this.#received(), submitted ? this.#edited(header) : header, rest]))
  }

  #received(): Uint8Array {
    return composeReceived({
      start: this.#start,
      hostName: this.#context.hostName,
      queueId: this.queueId,
      at: this.#receivedAt,
      onlyRecipient: this.#recipients.length === 1 ? this.#recipients[0]?.address : undefined,
    })
  }

  #edited(header: Uint8Array): Uint8Array {
    const missing = { date: formatDate(this.#receivedAt), messageId: `<${this.queueId}@${this.#context.hostName}>` }
    return submissionHeader(header, this.#facts.fields, missing)
  }

  /** Staged, judged, planned, committed, in this order; no transaction is open while any of it waits. */
  async #commit(log: DeliveryContext['log']): Promise<Acceptance> {
    const refusal = this.#refusal ?? this.#tooLate() ?? (await this.#foreignAuthor())
    if (refusal !== undefined) return this.#refused(refusal, log)
    let blob = await this.#writer.finish()
    try {
      const { origin, mailFrom, visit } = this.#start
      const sender = mailFrom === undefined ? '' : formatAddress(mailFrom)
      const subject = { queueId: this.queueId, blob, mailFrom: sender, origin, recipients: this.#recipients }
      const verdict = await visit?.message(subject)
      const rejection = verdict === undefined ? undefined : failureOf(verdict)
      if (rejection !== undefined) return this.#refused(rejection, log)
      if (verdict !== undefined) this.#screened = inWords(verdict)
      this.#verdict = verdict
      this.#forgeable = verdict !== undefined && verdict.proven !== true
      const lines = await this.#asLines(blob)
      if ('code' in lines) return this.#refused(lines, log)
      blob = lines
      return await this.#deliver(blob, sender, log)
    } finally {
      await blob.release()
    }
  }

  /**
   * A binary message (RFC 3030) in the form that is kept, with base64 for its binary parts: every program can read it, and their
   * octets come out of it as they went in. The policy has seen it as it came.
   */
  async #asLines(blob: StagedBlob): Promise<StagedBlob | DeliveryFailure> {
    if (this.#start.parameters.body !== 'BINARYMIME') return blob
    try {
      return await reencodeStaged(blob, this.#stage, asLines(MAX_LINE), () => setImmediate())
    } catch (error) {
      if (error instanceof CannotReencode) return { code: error.reason === 'sealed' ? 'binary-sealed' : 'binary-malformed' }
      throw error
    }
  }

  /**
   * Whoever logged in sends as themselves: every mailbox of From and Sender is the account's. A message without From
   * claims nobody, and is let pass unless its reverse-path says nothing either.
   */
  async #foreignAuthor(): Promise<DeliveryFailure | undefined> {
    const account = this.#start.origin.account
    if (account === undefined) return undefined
    const authors = authorsOf(this.#facts.fields)
    if (authors.length === 0 && this.#start.mailFrom === undefined) return { code: 'foreign-author' }
    for (const { localPart, domain } of authors) {
      if (!(await this.#context.accounts.maySendAs(account, localPart, domain))) return { code: 'foreign-author' }
    }
    return undefined
  }

  /** RFC 2852 section 4.1.3: what cannot be delivered in time any more is not delivered, if it is to be returned. */
  #tooLate(): DeliveryFailure | undefined {
    const by = this.#start.parameters.deliverBy
    return by?.mode === 'return' && by.at < this.#context.clock.now() ? { code: 'too-late' } : undefined
  }

  async #deliver(blob: StagedBlob, mailFrom: string, log: DeliveryContext['log']): Promise<Acceptance> {
    this.#notBefore = this.#releasedAt()
    const { deliveredTo } = this.#facts
    const facts = { queueId: this.queueId, deliveredTo, ...this.#verdict, forgeable: this.#forgeable, notBefore: this.#notBefore }
    const share = new Apportionment(this.#recipients, this.#start, facts, this.#context)
    const { deliveries, queued } = share.distribution
    // A report on forwarded mail goes on to who wrote that.
    const readers = [...deliveries.flatMap((each) => each.recipients), ...queued.map(({ recipient }) => recipient)]
    const heard = await this.#heard(blob, readers, log)
    const recipients = deliveries.flatMap((each) => each.recipients)
    await haveRead(this.#context.readers, { recipients, blob, signers: this.#verdict?.signers ?? [] }, log)
    const results = share.isKept ? await this.#accept(this.#plan(blob, mailFrom, share, heard), log) : []
    const { origin, parameters } = this.#start
    if (share.isKept)
      log.info('message accepted', { from: mailFrom, size: blob.size, protocol: origin.protocol, priority: parameters.priority })
    const outcomes = share.outcomes(results)
    outcomes.forEach(({ address, failure }, i) => {
      const kind = this.#recipients[i]?.kind
      if (failure !== undefined) log.warn('not delivered', { recipient: address, reason: failure.code })
      else if (kind === 'local' && this.#notBefore === undefined) log.info('delivered', { recipient: address, mailbox: 'INBOX' })
      else log.info(kind === 'forwarded' ? 'forwarded' : 'queued', { recipient: address })
    })
    return { queueId: this.queueId, outcomes }
  }

  /** With the sender's own copy, if the server keeps those. */
  async #accept(plan: AcceptPlan, log: DeliveryContext['log']): Promise<readonly DeliveryOutcome[]> {
    const { intake, accounts, savesSent } = this.#context
    const { account } = this.#start.origin
    // Receipts that programs send by themselves are nobody's mail.
    if (account === undefined || plan.mailFrom === '' || !(await savesSent(account))) return intake.accept(plan)
    const own = await sentCopy(account, this.#facts.fields, plan.blob.size, accounts)
    if (own === undefined) log.warn('mail is not kept as sent, the mailbox is full')
    try {
      return await intake.accept(own === undefined ? plan : { ...plan, sentCopy: own.copy })
    } finally {
      own?.reservation.release()
    }
  }

  /** Who lets it wait waits for what everybody waits for besides. */
  #releasedAt(): EpochMs | undefined {
    const { undo, clock } = this.#context
    const now = clock.now()
    const at = Math.max(this.#start.notBefore ?? 0, this.#start.origin.account === undefined ? 0 : now + undo)
    return at > now ? at : undefined
  }

  #reports(mailFrom: string, share: Apportionment): LocalReport[] {
    if (this.#notBefore !== undefined || this.#start.settles !== undefined) return []
    const { origin, parameters } = this.#start
    // What was late when it came was told of by those before us (RFC 2852 section 4).
    const by = parameters.deliverBy?.at ?? Number.POSITIVE_INFINITY
    const late = by > this.#receivedAt.at && by < this.#context.clock.now()
    return share.reports(mailFrom, { answeredEach: /LMTP/.test(origin.protocol), late })
  }

  /** Reports of others, and complaints, on mail that left here. Our own say what its trace knows. */
  async #heard(blob: StagedBlob, readers: readonly string[], log: DeliveryContext['log']): Promise<Pick<AcceptPlan, 'heard'>> {
    const { mailFrom, origin, reported } = this.#start
    const isOwn = origin.account !== undefined || reported !== undefined
    const fromNobody = mailFrom === undefined
    if (isOwn || readers.length === 0 || !mayReport(this.#facts.fields, fromNobody)) return {}
    const { intake, hostName } = this.#context
    return { heard: await hear(blob, readers, { intake, hostName, log, fromNobody }) }
  }

  #plan(blob: StagedBlob, mailFrom: string, share: Apportionment, heard: Pick<AcceptPlan, 'heard'>): AcceptPlan {
    const { origin } = this.#start
    // Who is refused at once hears it from his own server; what fails later would be mail to whoever is named as the sender.
    const forgeable = this.#forgeable && (share.distribution.queued.length > 0 || this.#recipients.some(({ kind }) => kind === 'forwarded'))
    const parameters = { ...keptParameters(this.#start.parameters, this.#facts), ...(forgeable ? { forgeable } : {}) }
    const screened = [this.#screened, share.heldBack].filter((words) => words !== undefined).join('; ')
    const reported = this.#start.reported === undefined ? {} : { reported: this.#start.reported }
    const { settles } = this.#start
    // What waited for these recipients is settled by this message.
    const settled = settles === undefined ? {} : { settled: settles((address) => share.fateOf(address)) }
    const tlsReport = this.#start.tlsReport === undefined ? {} : { tlsReport: this.#start.tlsReport }
    return {
      queueId: this.queueId,
      blob,
      mailFrom,
      parameters,
      origin,
      receivedAt: this.#receivedAt,
      ...share.distribution,
      reports: this.#reports(mailFrom, share),
      ...heard,
      ...(screened === '' ? {} : { screened }),
      ...reported,
      ...tlsReport,
      ...settled,
    }
  }

  #refused(failure: DeliveryFailure, log: DeliveryContext['log']): Acceptance {
    log.warn('message refused', { reason: failure.code, text: failure.text, recipients: this.#recipients.map(({ address }) => address) })
    return this.#all(failure)
  }

  #all(failure: DeliveryFailure): Acceptance {
    return { queueId: this.queueId, outcomes: this.#recipients.map(({ address }) => ({ address, failure })) }
  }
}

/** What is kept of a binary message is binary no more, wherever it goes on to. The header has a word in it too. */
function keptParameters(parameters: EnvelopeParameters, { tlsOptional }: HeaderFacts): EnvelopeParameters {
  return {
    ...parameters,
    ...(parameters.body === 'BINARYMIME' ? { body: '8BITMIME' } : {}),
    // RFC 8689 section 4.1: who asked for encryption in the envelope means that.
    ...(tlsOptional && parameters.requireTls !== true ? { tlsOptional } : {}),
  }
}
