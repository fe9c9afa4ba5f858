import type {
  DomainKeyChange,
  Forwarding,
  Group,
  FlagChange,
  GreylistMark,
  KeptStsPolicy,
  ReceivedTlsReport,
  StsPolicies,
  TlsDay,
  TlsDayCounts,
  MetadataChange,
  NewAccount,
  NewDomainKey,
  QueueAct,
  QueueFilter,
  QuotaLimits,
  RightsChange,
  Language,
  Role,
  ScramVerifiers,
  SeenMode,
  SpecialUse,
} from '@mailstead/store'
import { DELETED } from '@mailstead/store'
import type { NotedLogin } from '../client/logins.ts'
import type { Sql } from '../sql.ts'
import type { WireBlob } from '../wire-blob.ts'
import { Access } from './access.ts'
import { AclTable } from './acl.ts'
import type { Act } from './act.ts'
import { BlobTable } from './blobs.ts'
import { Counters, type AccountUse } from './counters.ts'
import { DirectoryTable } from './directory.ts'
import { DomainKeyTable } from './domain-keys.ts'
import { ForwardingTable } from './forwarding.ts'
import { EmailTable } from './emails.ts'
import { FlagTable } from './flags.ts'
import { FlagsOfReaders } from './flags-of-readers.ts'
import { GreylistTable } from './greylist.ts'
import { StsPolicyTable } from './sts-policies.ts'
import { TlsDayTable } from './tls-days.ts'
import { TlsReceivedTable } from './tls-received.ts'
import { IntakeTable, type WirePlan } from './intake.ts'
import { Ids } from './ids.ts'
import { Keywords } from './keywords.ts'
import { MailboxTable } from './mailboxes.ts'
import { MessageTable, type WireCopied, type WireMessage } from './messages.ts'
import { MetadataTable } from './metadata.ts'
import { UrlKeyTable } from './url-keys.ts'
import { PurgeTable } from './purge.ts'
import { QueueActs } from './queue-acts.ts'
import { QueuedCopies } from './queue-copies.ts'
import { QueueLanes, type LaneKey } from './queue-lanes.ts'
import { QueuedMessages } from './queue-messages.ts'
import { ReportTable } from './queue-reports.ts'
import { QueueSettling, type WireSettlement } from './queue-settling.ts'
import { QueueTable, type WireClaim } from './queue.ts'
import { Recall } from './recall.ts'
import { ReaderSeen } from './reader-seen.ts'
import { SentMail } from './sent-mail.ts'
import { SuppressionTable } from './suppressions.ts'
import { TraceTable } from './trace.ts'

type Table = ReturnType<typeof writerOps>

/** The writer's methods as callers see them: the act is the writer's own. */
export type WriterOps = {
  readonly [Name in keyof Table]: Table[Name] extends (act: Act, ...args: infer Args) => infer Result ? (...args: Args) => Result : never
}

/** Everything the writer can be asked for: one entry, one member of a commit group. */
export function writerOps(sql: Sql, used: AccountUse, ids = new Ids(sql)) {
  const counters = new Counters(sql, used)
  const keywords = new Keywords(sql)
  const blobs = new BlobTable(sql, ids)
  const emails = new EmailTable(sql, blobs, ids)
  const access = new Access(sql, counters)
  const seen = new ReaderSeen(sql)
  const messages = new MessageTable(sql, access, counters, keywords, blobs, emails, seen)
  const flags = new FlagTable(sql, access, counters, keywords, new FlagsOfReaders(sql, counters, keywords, seen))
  const acl = new AclTable(sql, access, counters)
  const mailboxes = new MailboxTable(sql, access, acl, counters, messages)
  const lanes = new QueueLanes(sql)
  const queue = new QueueTable(sql, lanes, new QueuedCopies(sql))
  const trace = new TraceTable(sql)
  const queued = new QueuedMessages(sql, blobs)
  const reports = new ReportTable(sql, queued, trace)
  const suppressions = new SuppressionTable(sql)
  const settling = new QueueSettling(sql, lanes, reports, queued, trace, suppressions)
  const queueActs = new QueueActs(sql, lanes, reports, queued, trace)
  const tlsDays = new TlsDayTable(sql)
  const recall = new Recall(sql, queueActs)
  const sentMail = new SentMail(sql, access, counters, blobs, emails, messages, flags, mailboxes)
  const intake = new IntakeTable(sql, counters, blobs, emails, messages, queue, reports, settling, trace, tlsDays, suppressions, sentMail)
  const directory = new DirectoryTable(sql, acl, counters, mailboxes, new DomainKeyTable(sql), new ForwardingTable(sql))
  const metadata = new MetadataTable(sql, access, counters)
  const urlKeys = new UrlKeyTable(sql, access)
  const purge = new PurgeTable(sql, emails)
  const greylist = new GreylistTable(sql)
  const stsPolicies = new StsPolicyTable(sql)
  const tlsReceived = new TlsReceivedTable(sql)

  return {
    append: (act: Act, actor: number, mailbox: number, list: readonly WireMessage[]) =>
      list.some(({ sent }) => sent) ? sentMail.append(act, actor, mailbox, list) : messages.append(act, actor, mailbox, list),
    replace: (act: Act, actor: number, source: number, uid: number, target: number, message: WireMessage) =>
      messages.replace(act, actor, source, uid, target, message),
    copy: (act: Act, actor: number, source: number, uids: Uint32Array, target: number) => messages.copy(act, actor, source, uids, target),
    move(act: Act, actor: number, source: number, uids: Uint32Array, target: number): WireCopied {
      const moved = messages.move(act, actor, source, uids, target)
      recall.moved(act, actor, moved, target)
      return moved
    },
    changeFlags: (act: Act, actor: number, mailbox: number, uids: Uint32Array, change: FlagChange) =>
      flags.change(act, actor, mailbox, uids, change),
    expunge(act: Act, actor: number, id: number, uids: Uint32Array | undefined, anyFlags: boolean): Uint32Array {
      const mailbox = access.mailbox(actor, id, 'expunge')
      if (!anyFlags && mailbox.deleted === 0) return new Uint32Array()
      return messages.expunge(act, mailbox, uids ?? 'all', anyFlags ? 0 : DELETED)
    },

    createMailbox: (act: Act, actor: number, name: string, specialUse: SpecialUse | undefined) =>
      mailboxes.create(act, actor, name, specialUse),
    deleteMailbox: (act: Act, actor: number, name: string) => mailboxes.remove(act, actor, name),
    renameMailbox: (act: Act, actor: number, from: string, to: string) => mailboxes.rename(act, actor, from, to),
    setRights: (act: Act, actor: number, mailbox: number, subject: number, change: RightsChange) =>
      acl.set(act, actor, mailbox, subject, change),
    setSeenMode: (act: Act, actor: number, mailbox: number, mode: SeenMode) => acl.setSeenMode(act, actor, mailbox, mode),
    subscribe: (act: Act, account: number, name: string) => mailboxes.subscribe(act, account, name),
    unsubscribe: (act: Act, account: number, name: string) => mailboxes.unsubscribe(act, account, name),
    claimRecent: (_act: Act, mailbox: number, uid: number) => mailboxes.claimRecent(mailbox, uid),

    setMetadata: (act: Act, actor: number, mailbox: number | undefined, changes: readonly MetadataChange[]) =>
      metadata.set(act, actor, mailbox, changes),
    makeUrlKey: (_act: Act, actor: number, mailbox: number, renew: boolean) => urlKeys.make(actor, mailbox, renew),
    dropUrlKeys: (_act: Act, actor: number) => urlKeys.drop(actor),

    writeChunk: (act: Act, blob: number | undefined, seq: number, data: Uint8Array) => blobs.chunk(blob, seq, data, act.now),
    discardBlob: (_act: Act, blob: number) => blobs.discard(blob),
    rerender: (_act: Act, id: number, blob: WireBlob) => blobs.rerender(id, blob),
    noteRendered: (_act: Act, version: number) => blobs.noteRendered(version),

    accept: (act: Act, plan: WirePlan) => intake.accept(act, plan),

    noteGreylist: (act: Act, mark: GreylistMark) => greylist.note(mark, act.now),
    allowGreylist: (act: Act, network: string) => greylist.allow(network, act.now),
    forgetGreylist: (_act: Act, marks: number, networks: number) => greylist.forget(marks, networks),

    keepStsPolicy: (_act: Act, domain: string, policy: KeptStsPolicy) => stsPolicies.keep(domain, policy),
    noteStsPolicy: (_act: Act, domain: string, times: Parameters<StsPolicies['note']>[1]) => stsPolicies.note(domain, times),
    forgetStsPolicies: (_act: Act, until: number) => stsPolicies.forget(until),
    countTls: (_act: Act, counts: readonly TlsDayCounts[]) => tlsDays.count(counts),
    postponeTlsReport: (_act: Act, day: TlsDay, dueAt: number) => tlsDays.postpone(day, dueAt),
    settleTlsReport: (_act: Act, day: TlsDay) => tlsDays.settle(day),
    forgetTlsDays: (_act: Act, day: number) => tlsDays.forget(day),
    receiveTlsReport: (act: Act, report: ReceivedTlsReport) => tlsReceived.receive(report, act.now),
    forgetTlsReports: (_act: Act, arrived: number) => tlsReceived.forget(arrived),
    enterSuppression: (act: Act, address: string, note: string, until: number | undefined) => suppressions.enter(act, address, note, until),
    removeSuppression: (_act: Act, address: string) => suppressions.remove(address),
    forgetSuppressions: (_act: Act, failed: number, now: number) => suppressions.forget(failed, now),

    addDomain: (act: Act, name: string, keys: readonly NewDomainKey[]) => directory.addDomain(act, name, keys),
    changeDomainKeys: (act: Act, domain: string, change: DomainKeyChange) => directory.changeKeys(act, domain, change),
    removeDomain: (_act: Act, name: string) => directory.removeDomain(name),
    setCatchAll: (_act: Act, domain: string, account: number | undefined) => directory.setCatchAll(domain, account),
    addAccounts: (act: Act, accounts: readonly NewAccount[]) => directory.addAccounts(act, accounts),
    setEnabled: (act: Act, id: number, enabled: boolean) => directory.setEnabled(act, id, enabled),
    setQuota: (_act: Act, id: number, limits: QuotaLimits) => directory.setQuota(id, limits),
    setLanguage: (_act: Act, id: number, language: Language | undefined) => directory.setLanguage(id, language),
    setRole: (_act: Act, id: number, role: Role) => directory.setRole(id, role),
    setCapabilitiesOff: (act: Act, id: number, names: readonly string[]) => directory.setCapabilitiesOff(act, id, names),
    setPassword: (act: Act, id: number, argon2: string, scram?: ScramVerifiers) => directory.setPassword(act, id, argon2, scram),
    setApopSecret: (act: Act, id: number, sealed: Uint8Array | undefined) => directory.setApopSecret(act, id, sealed),
    rehash: (_act: Act, credential: number, from: string, to: string) => directory.rehash(credential, from, to),
    removeAccount: (act: Act, id: number) => directory.removeAccount(act, id),
    addAlias: (_act: Act, localPart: string, domain: string, target: number) => directory.addAlias(localPart, domain, target),
    addMoved: (_act: Act, localPart: string, domain: string, to: string) => directory.addMoved(localPart, domain, to),
    setForwarding: (_act: Act, id: number, forwarding: Forwarding | undefined) => directory.setForwarding(id, forwarding),
    putGroup: (_act: Act, group: Group) => directory.putGroup(group),
    removeAlias: (_act: Act, localPart: string, domain: string) => directory.removeAlias(localPart, domain),
    noteLogins: (act: Act, logins: readonly NotedLogin[]) => directory.noteLogins(act, logins),

    claimQueued: (_act: Act, lanes: readonly LaneKey[], claim: WireClaim) => queue.claim(lanes, claim),
    renewQueued: (_act: Act, attempts: readonly number[], until: number) => queue.renew(attempts, until),
    settleQueued: (act: Act, settlements: readonly WireSettlement[]) => settling.settle(act, settlements),
    forgiveReports: (act: Act, ids: readonly number[]) => reports.forgive(act, ids),
    actOnQueue: (act: Act, filter: QueueFilter, wanted: QueueAct, after: number) => queueActs.act(act, filter, wanted, after),

    purgeExpunged: (act: Act, before: number) => purge.expunged(before, act.now),
    freeRemoved: () => purge.removed(),
    forgetGone: (_act: Act, emails: readonly number[]) => purge.forgetGone(emails),
    vacuum: () => purge.vacuum(),
  }
}
