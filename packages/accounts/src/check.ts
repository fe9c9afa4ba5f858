import { formatSize, type Clock } from '@mailstead/base'
import type { Account, Directory } from '@mailstead/store'
import { formatAddress, parseLogin } from './address.ts'
import type { AccountCheck, Obstacle } from './admin.ts'
import type { BoundedHashing } from './hashing.ts'
import { preparePassword } from './password.ts'
import { forwardsTo } from './forwarding.ts'
import { defaultDomain } from './routing.ts'

/** Obstacles that keep mail out; all of them but a full mailbox keep logins out. */
const CLOSED_TO_MAIL = new Set<Obstacle>(['bad-address', 'not-local', 'no-account', 'moved', 'disabled', 'over-quota'])

/** See `AccountAdmin.check`. Spends no login's place in the queue, and leaves no trace of a login. */
export async function checkAccount(
  text: string,
  password: string | undefined,
  directory: Directory,
  hashing: BoundedHashing,
  clock: Clock,
): Promise<AccountCheck> {
  const parts = parseLogin(text)
  const domain = parts === undefined || parts.domain !== '' ? parts?.domain : await defaultDomain(directory)
  if (parts === undefined || domain === undefined) return verdict(text, undefined, [['bad-address', `${text} is not an address`]])
  const address = formatAddress({ localPart: parts.localPart, domain })
  const resolved = await directory.resolve(parts.localPart, domain)
  if (resolved === undefined) return verdict(address, ...(await nobodys(address, parts.localPart, domain, directory)))
  const { account, via } = resolved
  const found: [Obstacle, string][] = []
  if (via === 'alias') found.push(['alias', `${address} is an alias: the login name is ${formatAddress(account)}`])
  if (!account.enabled) found.push(['disabled', 'The account is disabled'])
  found.push(...(await passwordObstacles(account, password, directory, hashing, clock)))
  if (account.quota !== undefined && account.usedOctets >= account.quota) {
    found.push(['over-quota', `The mailbox is full: ${formatSize(account.usedOctets)} of ${formatSize(account.quota)}`])
  }
  if (account.messageQuota !== undefined && account.usedMessages >= account.messageQuota) {
    found.push(['over-quota', `The mailbox is full: ${account.usedMessages} of ${account.messageQuota} messages`])
  }
  const { forwarding } = account
  if (forwarding !== undefined && forwarding.targets.length > 0) found.push(['forwarded', `Its mail goes on to ${forwardsTo(forwarding)}`])
  return verdict(address, account, found)
}

/** Of an address that no account and no alias has. */
async function nobodys(
  address: string,
  localPart: string,
  domain: string,
  directory: Directory,
): Promise<[account: Account | undefined, obstacles: [Obstacle, string][]]> {
  const ours = await directory.findDomain(domain)
  if (ours === undefined) return [undefined, [['not-local', `${domain} is not a domain of this server`]]]
  const targets = (await directory.group(localPart, domain))?.targets ?? []
  if (targets.length > 0) return [undefined, [['group', `${address} is a group: its mail goes to ${targets.join(', ')}`]]]
  const to = await directory.movedTo(localPart, domain)
  if (to !== undefined) return [undefined, [['moved', `Senders to ${address} are told the new address ${to}`]]]
  const account = ours.catchAll === undefined ? undefined : await directory.account(ours.catchAll)
  if (account?.enabled !== true) return [undefined, [['no-account', `${address} is neither an account nor an alias`]]]
  return [account, [['catch-all', `${address} is nobody's: the catch-all of its domain, ${formatAddress(account)}, gets its mail`]]]
}

async function passwordObstacles(
  account: Account,
  password: string | undefined,
  directory: Directory,
  hashing: BoundedHashing,
  clock: Clock,
): Promise<[Obstacle, string][]> {
  const now = clock.now()
  const valid = (await directory.credentials(account.id)).filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  if (valid.length === 0) return [['no-password', 'The account has no valid password']]
  if (password === undefined) return []
  for (const { argon2 } of valid) if (await hashing.verifyPatiently(argon2, preparePassword(password))) return []
  return [['wrong-password', 'The password is wrong']]
}

function verdict(address: string, account: Account | undefined, found: readonly (readonly [Obstacle, string])[]): AccountCheck {
  return {
    address,
    account,
    mayLogIn: found.every(([code]) => code === 'over-quota' || code === 'forwarded'),
    takesMail: !found.some(([code]) => CLOSED_TO_MAIL.has(code)),
    obstacles: found.map(([code, message]) => ({ code, text: message })),
  }
}
