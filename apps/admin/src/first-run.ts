import { randomInt } from 'node:crypto'
import type { MailServer } from '@mailstead/server'

/** Reserved for tests (RFC 6761 section 6.2): mail to it never leaves this machine. */
export const TRIAL_DOMAIN = 'example.test'

const TRIAL_QUOTA = 2 * 2 ** 30

const NAMES = ['ann', 'ben'] as const

export interface NewUser {
  readonly address: string
  /** Known at creation only: the store has but its hash. */
  readonly password: string | undefined
}

/** Makes the trial domain with two accounts and their welcome, unless there are accounts or other domains already. */
export async function firstRun(server: MailServer): Promise<readonly NewUser[]> {
  const { accounts } = server.admin
  const domains = await accounts.listDomains()
  if (domains.some(({ name }) => name !== TRIAL_DOMAIN) || (await accounts.list()).length > 0) return []
  if (domains.length === 0) await accounts.addDomain(TRIAL_DOMAIN)
  const users: NewUser[] = []
  for (const name of NAMES) {
    const user = { address: `${name}@${TRIAL_DOMAIN}`, password: makePassword() }
    await accounts.add({ ...user, quota: TRIAL_QUOTA })
    users.push(user)
  }
  await accounts.addAlias(`postmaster@${TRIAL_DOMAIN}`, users[0]?.address ?? '')
  for (const localPart of NAMES) {
    const recipient = { localPart, domain: TRIAL_DOMAIN }
    const octets = Buffer.from(welcome(`${localPart}@${TRIAL_DOMAIN}`))
    await server.deliver({ mailFrom: { localPart: 'postmaster', domain: TRIAL_DOMAIN }, recipient, octets })
  }
  return users
}

/** Letters and digits that cannot be taken for one another; 20 of 31 are 99 bits. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'

function makePassword(): string {
  const group = (): string => Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}

function welcome(address: string): string {
  const date = new Date().toUTCString().replace('GMT', '+0000')
  return [
    `From: Mailstead <postmaster@${TRIAL_DOMAIN}>`,
    `To: ${address}`,
    'Subject: Welcome to Mailstead',
    `Date: ${date}`,
    `Message-ID: <welcome.${randomInt(2 ** 47)}@${TRIAL_DOMAIN}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    `This mailbox works: ${address} – grüß dich, привет, こんにちは.`,
    '',
    'Write to the other account, with an attachment perhaps, and watch it arrive.',
    '',
    '  npx mailstead status                     how the server is',
    '  npx mailstead account list               who has an account',
    '  npx mailstead send-test                  a message that comes in as from outside',
    '  npm run demo -- --messages 1000          a mailbox full of mail to try out',
    '',
  ].join('\r\n')
}
