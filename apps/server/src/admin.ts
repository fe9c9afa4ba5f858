/**
 * Everything the command line can do to the data, the same whether a server runs on it or not. All arguments and
 * results are plain data, because they travel over the control socket when one does.
 */
import { statfs } from 'node:fs/promises'
import type { AccountAdmin, DomainKeyAdmin, ImportOutcome, ImportRow } from '@mailstead/accounts'
import type { ControlClient, Exposed } from '@mailstead/control'
import type { Directory, Intake, Maintenance, QueueStore, TlsReports } from '@mailstead/store'
import type { AccountCapabilities } from './capabilities.ts'
import type { DomainRecords } from './domain-records.ts'
import type { ListenerFacts } from './listeners.ts'
import type { SharingAdmin } from './sharing.ts'
import type { SuppressionAdmin } from './suppression.ts'

/** What a running server says of itself. Times are EpochMs. */
export interface ServerFacts {
  readonly pid: number
  readonly version: string
  readonly startedAt: number
  readonly hostName: string
  readonly listeners: readonly ListenerFacts[]
  readonly connections: number
  /** Where metrics are told, if they are. */
  readonly metrics?: { readonly host: string; readonly port: number }
  readonly caFile: string | undefined
  readonly certificate: { readonly source: 'local-ca' | 'files'; readonly names: readonly string[]; readonly notAfter: number }
}

export interface ServerAdmin {
  /** `undefined`: no server runs. */
  facts(): Promise<ServerFacts | undefined>
  /** Octets free on the disk of the data folder. */
  freeDisk(): Promise<number>
  /** Octets that a new account may hold when nothing else is said. */
  defaultQuota(): Promise<number | undefined>
}

export interface AccountImports {
  /** Makes some dozens of accounts at a time; an outcome for each row in its order. A bad row harms no other. */
  rows(rows: readonly ImportRow[]): Promise<readonly ImportOutcome[]>
}

export function accountImports(accounts: Pick<AccountAdmin, 'importAccounts'>): AccountImports {
  return {
    async rows(rows) {
      const outcomes: ImportOutcome[] = []
      for await (const outcome of accounts.importAccounts(rows)) outcomes.push(outcome)
      return outcomes
    },
  }
}

export interface AdminParts {
  /** Imports have a method of their own, because a stream of rows cannot be an argument; capabilities, because IMAP knows their names. */
  readonly accounts: Omit<AccountAdmin, 'importAccounts' | 'setCapabilitiesOff'>
  readonly imports: AccountImports
  readonly capabilities: AccountCapabilities
  readonly directory: Pick<Directory, 'resolve' | 'mailboxes'>
  readonly keys: DomainKeyAdmin
  readonly sharing: SharingAdmin
  readonly intake: Pick<Intake, 'trace' | 'traced'>
  readonly queue: Pick<QueueStore, 'list' | 'act' | 'status'>
  readonly suppressions: SuppressionAdmin
  readonly records: DomainRecords
  readonly tlsReports: Pick<TlsReports, 'received'>
  readonly maintenance: Pick<Maintenance, 'status' | 'backup' | 'reindex'>
  readonly server: ServerAdmin
}

export interface AdminContext extends AdminParts {
  close(): Promise<void>
}

/** What the control socket offers, by group. */
const METHODS = {
  accounts: [
    'addDomain',
    'listDomains',
    'removeDomain',
    'setCatchAll',
    'add',
    'list',
    'show',
    'setPassword',
    'setEnabled',
    'setQuota',
    'setMessageQuota',
    'makeApopSecret',
    'removeApopSecret',
    'hasApopSecret',
    'setRole',
    'setLanguage',
    'remove',
    'addAlias',
    'listAliases',
    'setForwarding',
    'putGroup',
    'listGroups',
    'addMoved',
    'listMoved',
    'removeAlias',
    'check',
  ],
  imports: ['rows'],
  capabilities: ['show', 'change'],
  directory: ['resolve', 'mailboxes'],
  keys: ['show', 'rotate'],
  sharing: ['show', 'set', 'setSeen'],
  intake: ['trace', 'traced'],
  queue: ['list', 'act', 'status'],
  suppressions: ['list', 'add', 'remove'],
  records: ['of'],
  tlsReports: ['received'],
  maintenance: ['status', 'backup', 'reindex'],
  server: ['facts', 'freeDisk', 'defaultQuota'],
} as const satisfies { readonly [Group in keyof AdminParts]: readonly (keyof AdminParts[Group])[] }

const GROUPS = Object.keys(METHODS) as (keyof AdminParts)[]

/** The same parts, as the control socket takes them. */
export function exposeAdmin(parts: AdminParts): Exposed {
  return Object.fromEntries(GROUPS.map((group) => [group, { target: parts[group], methods: METHODS[group] }]))
}

/** The parts of a running server, as its control socket offers them. */
export function remoteAdmin(client: ControlClient): AdminContext {
  const parts = Object.fromEntries(GROUPS.map((group) => [group, client.group(group)])) as unknown as AdminParts
  return { ...parts, close: async () => client.close() }
}

/** Octets that this user may still write to the disk of `dir`. */
export async function freeDisk(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}
