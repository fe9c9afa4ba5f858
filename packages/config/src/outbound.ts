import { isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'
import { flag, integer, oneOf, pattern, port, show, text } from './values.ts'

/** How mail leaves for other servers. */
export const outbound = z
  .strictObject({
    send: flag().optional().meta({
      description: 'Whether mail goes to other servers. Without, users can write to the domains of this server only.',
      defaultText: '`true` when `port_base` is 0, else `false`',
    }),
    port: port(1).default(25).meta({ description: 'The port of other mail servers; another one for tests only.' }),
    sts_port: port(1).default(443).meta({ description: 'The port that MTA-STS policies are fetched from; another one for tests only.' }),
    ipv6: oneOf(['confirmed', 'always', 'never']).default('confirmed').meta({
      description:
        'Whether mail goes over IPv6: where each public address of this machine has a name that leads back to it, as many servers ask for; always; or never.',
    }),
    connections: integer(1, 10_000, 'a number of connections').default(100).meta({ description: 'Connections to other servers at once.' }),
    connections_per_destination: integer(1, 1000, 'a number of connections')
      .default(20)
      .meta({ description: 'To one destination. How many are used depends on how it answers.' }),
    first_retry: integer(10, 86_400, 'a number of seconds').default(300).meta({
      description: 'Seconds to the second attempt; each further wait is twice the one before.',
    }),
    longest_retry: integer(10, 604_800, 'a number of seconds').default(14_400).meta({ description: 'Seconds that no wait exceeds.' }),
    lifetime: integer(60, 2_592_000, 'a number of seconds').default(432_000).meta({
      description: 'Seconds after which mail is given up and its sender told: five days.',
    }),
    null_lifetime: integer(60, 2_592_000, 'a number of seconds').default(172_800).meta({
      description: 'The same for mail without a sender, of whose failure nobody hears: two days.',
    }),
    delay_notice: integer(60, 2_592_000, 'a number of seconds').default(14_400).meta({
      description: 'Seconds after which a user of this server hears that his mail is delayed.',
    }),
    sign: flag().default(true).meta({ description: 'Whether mail of our domains is signed with their DKIM keys as it leaves.' }),
    ca_file: text('a path').optional().meta({
      description: 'PEM file with the authorities that certificates of other servers are held against where a policy asks for it.',
      defaultText: 'those that come with Node.js',
    }),
  })
  .prefault({})
  .meta({ description: 'Mail to other servers.' })

/** A domain, or with a dot before it everything below it. */
const DOMAIN = /^\.?[^\s.@[\]]+(\.[^\s.@[\]]+)*$/

const domains = (): z.ZodArray<z.ZodString> =>
  z
    .array(pattern(DOMAIN, 'a domain like "example.org", or ".example.org" for all below it'), {
      error: (issue) => `${show(issue.input)} is not a list of domains`,
    })
    .min(1, 'at least one domain is needed')

const SERVER = /^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+)(:\d{1,5})?$/

const ipAddress = (known: (value: string) => boolean, what: string): z.ZodString =>
  text(what).refine(known, { error: (issue) => `${show(issue.input)} is not ${what}` })

const route = z.strictObject({
  to: domains().optional().meta({ description: 'Domains of recipients. They come before those of senders.', defaultText: 'all' }),
  from: domains().optional().meta({ description: 'Domains of senders.', defaultText: 'all' }),
  servers: z
    .array(pattern(SERVER, 'a server like "relay.example.net:587" or "[2001:db8::1]:25"'), {
      error: (issue) => `${show(issue.input)} is not a list of servers`,
    })
    .min(1, 'at least one server is needed')
    .optional()
    .meta({ description: 'Where the mail goes, the next where one does not answer. Without a port: 25.', defaultText: 'as DNS says' }),
  mx: flag().default(false).meta({ description: 'The servers are those that take mail for what `servers` names, instead of itself.' }),
  relay: flag().default(false).meta({
    description:
      'Mail for the domains of `to` is taken from everybody, as a backup MX does. Without `servers` it goes to their better MX servers.',
  }),
  hold: flag().default(false).meta({
    description:
      'The same, and the mail waits: until it is fetched by ATRN, or is asked for by ETRN. Then it goes to `servers`, or where `fetched_by` is not said either, as DNS says.',
  }),
  fetched_by: z
    .array(pattern(/^[^\s@]+@[^\s@]+$/, 'an address'), { error: (issue) => `${show(issue.input)} is not a list of addresses` })
    .min(1, 'at least one address is needed')
    .optional()
    .meta({
      description: 'Accounts of this server that may fetch the mail by ATRN, and are told how much waits when they ask for it by ETRN.',
      defaultText: 'nobody',
    }),
  tls: oneOf(['opportunistic', 'encrypted', 'verified']).optional().meta({
    description: 'Encryption where the server offers it; always; or always, and with a certificate of a known authority for its name.',
    defaultText: '`"opportunistic"`; with `user` `"encrypted"`',
  }),
  implicit_tls: flag().default(false).meta({ description: 'Encrypted from the first octet, as on port 465.' }),
  user: text('a name').optional().meta({ description: 'The name that the server knows us by.', defaultText: 'none: no login' }),
  password_file: text('a path').optional().meta({ description: 'File with the password. Read at the start.', defaultText: 'none' }),
  lmtp: flag().default(false).meta({ description: 'The server speaks LMTP.' }),
  source_ipv4: ipAddress(isIPv4, 'an IPv4 address').optional().meta({
    description: 'The address of this machine that it goes from. Where one is given, the other family is used only if it is given too.',
    defaultText: 'as the machine chooses',
  }),
  source_ipv6: ipAddress(isIPv6, 'an IPv6 address')
    .optional()
    .meta({ description: 'The same for IPv6.', defaultText: 'as the machine chooses' }),
  helo_name: text('a name').optional().meta({ description: 'What we call ourselves.', defaultText: '`host_name`' }),
  first_retry: integer(10, 86_400, 'a number of seconds')
    .optional()
    .meta({ description: 'As in `[outbound]`.', defaultText: 'the one there' }),
  longest_retry: integer(10, 604_800, 'a number of seconds')
    .optional()
    .meta({ description: 'As in `[outbound]`.', defaultText: 'the one there' }),
  lifetime: integer(60, 2_592_000, 'a number of seconds')
    .optional()
    .meta({ description: 'As in `[outbound]`.', defaultText: 'the one there' }),
})

/** One `[[route]]` of the file. */
export type RouteConfig = z.output<typeof route>

export const routes = z
  .array(route, { error: 'is a list of tables: write [[route]] on a line of its own' })
  .default(() => [])
  .meta({
    description:
      'Ways for mail that goes other than DNS says, each with a table `[[route]]` of its own: to recipients of some domains, from senders of some, or without either for all the rest (a smarthost).',
  })
