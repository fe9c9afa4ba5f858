import type {
  Account,
  AccountId,
  Alias,
  Credential,
  Domain,
  DomainKey,
  Forwarding,
  Group,
  Language,
  MovedAddress,
  ScramVerifiers,
  WithoutScram,
} from '@mailstead/store'
import { localKey } from '../names.ts'
import type { Sql } from '../sql.ts'

interface AccountRow {
  readonly id: number
  readonly localPart: string
  readonly domain: string
  readonly enabled: 0 | 1
  readonly quota: number | null
  readonly messageQuota: number | null
  readonly role: 'user' | 'admin'
  readonly language: Language | null
  readonly usedOctets: number
  readonly usedMessages: number
  readonly createdAt: number
  readonly lastLoginAt: number | null
  readonly capabilitiesOff: string | null
  readonly forwarding: string | null
}

interface GroupRow {
  readonly localPart: string
  readonly domain: string
  readonly told: 0 | 1
  readonly targets: string
}

interface CredentialRow {
  readonly id: number
  readonly account: number
  readonly kind: 'main' | 'app'
  readonly argon2: string
  readonly scram256: string | null
  readonly scram1: string | null
  readonly protocols: string | null
  readonly expiresAt: number | null
}

/** Addresses in `WithoutScram`: enough for a line of the log. */
const SOME = 10

/** Domains, accounts, aliases, credentials. */
export function directoryReads(sql: Sql) {
  const domainColumns = `SELECT d.id, d.name, d.id = (SELECT min(id) FROM domain) AS isDefault, d.created_at AS createdAt, d.catch_all_id AS catchAll,
    (SELECT count(*) FROM address WHERE domain_id = d.id AND kind = 'account') AS accounts FROM domain AS d`
  const domains = sql.all<Record<string, unknown>>(`${domainColumns} ORDER BY d.id`)
  const domain = sql.get<Record<string, unknown>>(`${domainColumns} WHERE d.name = ?`)
  const keys = sql.all<Omit<DomainKey, 'retiresAt'> & { readonly retiresAt: number | null }>(
    `SELECT k.selector, k.algorithm, k.private_key AS privateKey, k.public_key AS publicKey, k.created_at AS createdAt,
       k.signs_from AS signsFrom, k.retires_at AS retiresAt
     FROM domain_key AS k JOIN domain AS d ON d.id = k.domain_id WHERE d.name = ? ORDER BY k.created_at, k.selector`,
  )
  const targetsOf = '(SELECT json_group_array(address ORDER BY address_key) FROM forwarding_target WHERE forwarding_id = f.id)'
  const accountColumns = `SELECT a.id, n.local_part AS localPart, d.name AS domain, a.enabled, a.quota, a.quota_messages AS messageQuota, a.role, a.language, a.used_octets AS usedOctets,
    a.used_messages AS usedMessages, a.created_at AS createdAt, a.last_login_at AS lastLoginAt,
    (SELECT group_concat(name, ' ' ORDER BY name) FROM capability_off WHERE account_id = a.id) AS capabilitiesOff,
    (SELECT json_object('targets', json(${targetsOf}), 'keep', f.keep, 'told', f.told) FROM forwarding AS f WHERE f.account_id = a.id) AS forwarding`
  const ownAddress = `JOIN address AS n ON n.account_id = a.id AND n.kind = 'account' JOIN domain AS d ON d.id = n.domain_id`
  const accounts = sql.all<AccountRow>(
    `${accountColumns} FROM account AS a ${ownAddress} WHERE a.removed_at IS NULL ORDER BY d.name, n.local_key`,
  )
  const account = sql.get<AccountRow>(`${accountColumns} FROM account AS a ${ownAddress} WHERE a.id = ? AND a.removed_at IS NULL`)
  const owner = sql.get<{ readonly account: AccountId; readonly via: 'account' | 'alias' }>(
    'SELECT n.account_id AS account, n.kind AS via FROM domain AS d JOIN address AS n ON n.domain_id = d.id AND n.local_key = ? WHERE d.name = ?',
  )
  const credentials = sql.all<CredentialRow>(
    'SELECT id, account_id AS account, kind, argon2, scram256, scram1, protocols, expires_at AS expiresAt FROM credential WHERE account_id = ? ORDER BY id',
  )
  const withoutScram = (column: 'scram256' | 'scram1') =>
    sql.all<{ readonly address: string; readonly count: number }>(
      `SELECT n.local_part || '@' || d.name AS address, count(*) OVER () AS count FROM account AS a ${ownAddress}
       LEFT JOIN credential AS c ON c.account_id = a.id AND c.kind = 'main'
       WHERE a.enabled = 1 AND a.removed_at IS NULL AND c.${column} IS NULL ORDER BY a.id LIMIT ${SOME}`,
    )
  const lacking = { sha256: withoutScram('scram256'), sha1: withoutScram('scram1') }
  const apopSecret = sql.get<{ readonly sealed: Uint8Array }>('SELECT sealed FROM apop_secret WHERE account_id = ?')
  const aliases = sql.all<Alias>(
    `SELECT w.local_part AS localPart, wd.name AS domain, w.account_id AS target, n.local_part || '@' || d.name AS targetAddress
     FROM address AS w JOIN domain AS wd ON wd.id = w.domain_id
     JOIN address AS n ON n.account_id = w.account_id AND n.kind = 'account' JOIN domain AS d ON d.id = n.domain_id
     WHERE w.kind = 'alias' ORDER BY wd.name, w.local_key`,
  )
  const moved = sql.all<MovedAddress>(
    'SELECT m.local_part AS localPart, d.name AS domain, m.moved_to AS "to" FROM moved_address AS m JOIN domain AS d ON d.id = m.domain_id ORDER BY d.name, m.local_key',
  )
  const groupColumns = `SELECT f.local_part AS localPart, d.name AS domain, f.told, ${targetsOf} AS targets
    FROM forwarding AS f JOIN domain AS d ON d.id = f.domain_id`
  const groups = sql.all<GroupRow>(`${groupColumns} ORDER BY d.name, f.local_key`)
  const group = sql.get<GroupRow>(`${groupColumns} WHERE f.local_key = ? AND d.name = ?`)
  const movedTo = sql.get<Pick<MovedAddress, 'to'>>(
    'SELECT m.moved_to AS "to" FROM domain AS d JOIN moved_address AS m ON m.domain_id = d.id AND m.local_key = ? WHERE d.name = ?',
  )

  return {
    listDomains: (): Domain[] => domains().map(toDomain),
    findDomain: (name: string): Domain | undefined => optional(domain(name), toDomain),
    domainKeys: (name: string): DomainKey[] => keys(name).map((row) => ({ ...row, retiresAt: row.retiresAt ?? undefined })),
    listAccounts: (): Account[] => accounts().map(toAccount),
    account: (id: number): Account | undefined => optional(account(id), toAccount),
    accountsById: (ids: readonly number[]): Account[] => ids.flatMap((id) => optional(account(id), toAccount) ?? []),
    /** Whose the address is; the local part as it is compared. */
    ownerOf: (key: string, domainName: string) => owner(key, domainName),
    credentials: (id: number): Credential[] => credentials(id).map(toCredential),
    withoutScram(hash: keyof ScramVerifiers): WithoutScram {
      const rows = lacking[hash]()
      return { count: rows[0]?.count ?? 0, some: rows.map(({ address }) => address) }
    },
    apopSecret: (id: number): Uint8Array | undefined => apopSecret(id)?.sealed,
    listAliases: (): Alias[] => aliases(),
    group: (localPart: string, domainName: string): Group | undefined => optional(group(localKey(localPart), domainName), toGroup),
    listGroups: (): Group[] => groups().map(toGroup),
    listMoved: (): MovedAddress[] => moved(),
    movedTo: (localPart: string, domainName: string): string | undefined => movedTo(localKey(localPart), domainName)?.to,
  }
}

function optional<Row, Value>(row: Row | undefined, map: (row: Row) => Value): Value | undefined {
  return row === undefined ? undefined : map(row)
}

function toDomain(row: Record<string, unknown>): Domain {
  return { ...row, isDefault: row['isDefault'] === 1, catchAll: row['catchAll'] ?? undefined } as unknown as Domain
}

function toGroup(row: GroupRow): Group {
  return { ...row, told: row.told === 1, targets: JSON.parse(row.targets) as string[] }
}

function toForwarding(json: string): Forwarding {
  const { targets, keep, told } = JSON.parse(json) as { readonly targets: string[]; readonly keep: 0 | 1; readonly told: 0 | 1 }
  return { targets, keep: keep === 1, told: told === 1 }
}

function toAccount({ forwarding, ...row }: AccountRow): Account {
  return {
    ...row,
    enabled: row.enabled === 1,
    quota: row.quota ?? undefined,
    messageQuota: row.messageQuota ?? undefined,
    language: row.language ?? undefined,
    lastLoginAt: row.lastLoginAt ?? undefined,
    capabilitiesOff: row.capabilitiesOff?.split(' ') ?? [],
    ...(forwarding === null ? {} : { forwarding: toForwarding(forwarding) }),
  } as unknown as Account
}

function toCredential({ scram256, scram1, ...row }: CredentialRow): Credential {
  return {
    ...row,
    scram: { sha256: scram256 ?? undefined, sha1: scram1 ?? undefined },
    protocols: row.protocols?.split(' '),
    expiresAt: row.expiresAt ?? undefined,
  } as unknown as Credential
}
