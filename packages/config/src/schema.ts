/**
 * The one description of the configuration. Defaults, docs/config.md and the text of every error come from it.
 * A key's name here is its name in the file, so that a search finds both.
 */
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { parseSize } from '@mailstead/base'
import { z } from 'zod'
import { listeners } from './listener.ts'
import { outbound, routes } from './outbound.ts'
import { rates, sending } from './rates.ts'
import { dns, dnsLists, screening } from './screening.ts'
import { submission } from './submission.ts'
import { suppression } from './suppression.ts'
import { certificates, mtaSts, tlsReports } from './tls.ts'
import { addresses, flag, integer, networks, oneOf, pattern, port, show, size, text } from './values.ts'

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/** The machine's own name if it can stand in a greeting, else `localhost`. */
export function defaultHostName(name: string = hostname()): string {
  const lower = name.toLowerCase()
  return HOST_NAME.test(lower) ? lower : 'localhost'
}

const quota = (): z.ZodPipe<z.ZodString, z.ZodTransform<number | undefined, string>> =>
  text('a size like "2G", or "none"').transform((value, context) => {
    if (value === 'none') return undefined
    const octets = parseSize(value)
    if (octets !== undefined && octets > 0) return octets
    context.addIssue(`${show(value)} is not a size like "2G", or "none"`)
    return z.NEVER
  })

/** Tokens and secrets travel there: encrypted, but for a provider on this machine. */
const url = (): z.ZodString =>
  text('a URL').refine((value) => /^https:\/\/[^/]/.test(value) || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(value), {
    error: (issue) => `${show(issue.input)} is not an https URL`,
  })

const ports = z.strictObject({
  mx: port(0).default(25).meta({ description: 'Mail from other servers.' }),
  submission: port(0).default(587).meta({ description: 'Mail from our users, STARTTLS.' }),
  submissions: port(0).default(465).meta({ description: 'Mail from our users, TLS from the first octet.' }),
  lmtp: port(0).default(0).meta({
    description: 'Mail from another mail server on this machine, by LMTP (24 is usual). On loopback only: whoever connects is trusted.',
  }),
  odmr: port(0).default(0).meta({ description: 'Mail that waits to those who fetch it by ATRN (366 is usual), STARTTLS.' }),
  imap: port(0).default(143).meta({ description: 'IMAP, STARTTLS.' }),
  imaps: port(0).default(993).meta({ description: 'IMAP, TLS from the first octet.' }),
  pop3: port(0).default(110).meta({ description: 'POP3, STLS.' }),
  pop3s: port(0).default(995).meta({ description: 'POP3, TLS from the first octet.' }),
})

export const schema = z.strictObject({
  host_name: pattern(HOST_NAME, 'a host name in lower-case letters')
    .default(() => defaultHostName())
    .meta({
      description: 'The name of this server in greetings, in Received lines and in the certificate it makes for itself.',
      defaultText: "the machine's own name",
    }),
  data_dir: text('a path').min(1, 'a path is needed').default('./data').meta({
    description: 'Where everything is kept: the database, the keys, the control socket. A relative path starts at the working directory.',
  }),
  port_base: integer(0, 64_000, 'a number').default(0).meta({
    description:
      'Added to every port. 0: the standard ports on all addresses. Above 0: on loopback only, without limits per address, for trying out.',
  }),
  listen: z
    .strictObject({
      addresses: addresses().optional().meta({
        description: 'IP addresses to listen on.',
        defaultText: 'all addresses when `port_base` is 0, else `127.0.0.1` and `::1`',
      }),
      proxies: networks().default([]).meta({
        description:
          'Addresses and networks of load balancers. Their connections begin with a PROXY header, version 1 or 2, that names the client, and are refused without one.',
      }),
    })
    .prefault({})
    .meta({ description: 'Where the server listens.' }),
  ports: ports.prefault({}).meta({
    description:
      'Port numbers, before `port_base` is added. 0 turns a service off. What is not said here of a service is said by `[[listener]]`.',
  }),
  listener: listeners,
  tls: z
    .strictObject({
      cert_file: text('a path').optional().meta({
        description: 'PEM file with the certificate and its chain. Read again when it changes and on SIGHUP.',
        defaultText: 'none: a certificate by our own CA, whose certificate is `ca.pem` in the data folder',
      }),
      key_file: text('a path').optional().meta({ description: 'PEM file with the private key of `cert_file`.', defaultText: 'none' }),
    })
    .prefault({})
    .meta({ description: 'The certificate.' }),
  auth: z
    .strictObject({
      plaintext: oneOf(['never', 'loopback'])
        .default('never')
        .meta({ description: 'Whether a password may come over an unencrypted connection: never, or from this machine only.' }),
      scram: flag().default(false).meta({
        description:
          'Whether SCRAM-SHA-256 is offered, by which a password is never sent. Its verifiers are made with every new password, and it is offered once every enabled account has one. They are easier to guess passwords from than what is kept otherwise, should the database be stolen.',
      }),
      scram_sha1: flag().default(false).meta({ description: 'SCRAM-SHA-1 too, for programs that know no other. Needs `scram`.' }),
      submission_servers: z
        .array(text('an address'), { error: (issue) => `${show(issue.input)} is not a list of addresses` })
        .default(() => [])
        .meta({
          description:
            'Accounts that other submission servers log in as by IMAP. They may fetch what our users let be sent by URL: `submit+` of URLAUTH (RFC 4467).',
        }),
      client_ca_file: text('a path').optional().meta({
        description:
          'PEM file with the authorities that sign certificates of users: clients are asked for one, and log in by EXTERNAL as the account that it names. Read again on SIGHUP.',
        defaultText: 'none: no client is asked',
      }),
    })
    .prefault({})
    .meta({ description: 'Logging in.' }),
  oauth: z
    .strictObject({
      issuer: text('a URL').optional().meta({ description: 'Who issues the tokens: their claim `iss`.', defaultText: 'none' }),
      audience: text('a name').optional().meta({ description: 'Whom the tokens are for: their claim `aud`.', defaultText: 'none' }),
      jwks_url: url().optional().meta({
        description: 'Where the provider publishes the keys that it signs tokens with. Needs `issuer` and `audience`.',
        defaultText: 'none',
      }),
      introspection_url: url().optional().meta({
        description: 'Where the provider is asked about a token, when tokens are not signed. Needs `client_id` and `client_secret_file`.',
        defaultText: 'none',
      }),
      client_id: text('a name').optional().meta({ description: 'The name of this server at the provider.', defaultText: 'none' }),
      client_secret_file: text('a path').optional().meta({
        description: 'File with the secret that the provider knows this server by. Read at the start.',
        defaultText: 'none',
      }),
      account_claim: text('the name of a claim').min(1, 'a claim is needed').default('email').meta({
        description: 'The claim that holds the address of the account.',
      }),
      scope: text('a scope').optional().meta({ description: 'A scope that tokens must have.', defaultText: 'none' }),
      discovery_url: url().optional().meta({
        description: 'What clients without a good token are told, so that they can get one: the URL of the OpenID configuration.',
        defaultText: 'none',
      }),
    })
    .prefault({})
    .meta({
      description: 'Logging in with tokens of a provider (OAUTHBEARER, XOAUTH2): on when `jwks_url` or `introspection_url` is set.',
    }),
  limits: z
    .strictObject({
      message_size: size().prefault('50M').meta({ description: 'Largest message, in octets.' }),
      recipients: integer(1, 10_000, 'a number of recipients').default(500).meta({ description: 'Recipients of one message.' }),
      messages: integer(1, 100_000, 'a number of messages').optional().meta({
        description: 'Messages that may begin on one SMTP connection.',
        defaultText: 'as many as come',
      }),
      connections: integer(1, 100_000, 'a number of connections')
        .default(4096)
        .meta({ description: 'Connections at once, over all services.' }),
      connections_per_address: integer(1, 100_000, 'a number of connections').default(100).meta({
        description:
          'Connections at once from one address (IPv6: one /64). A whole office can share one address, a mail program opens five to ten.',
      }),
    })
    .prefault({})
    .meta({ description: 'What one client may ask for.' }),
  rates,
  sending,
  submission,
  outbound,
  route: routes,
  suppression,
  tls_reports: tlsReports,
  mta_sts: mtaSts,
  certificate: certificates,
  quota: z
    .strictObject({
      default: quota().prefault('none').meta({ description: 'What a new account may hold when nothing else is said: "2G", or "none".' }),
    })
    .prefault({})
    .meta({ description: 'Space for accounts.' }),
  store: z
    .strictObject({
      undelete_days: integer(0, 3650, 'a number of days').default(14).meta({
        description:
          'How long a message can be brought back after it was expunged. It takes space so long, but counts for no quota. 0: an hour, for sessions that still see it.',
      }),
    })
    .prefault({})
    .meta({ description: 'The database.' }),
  pop3: z
    .strictObject({
      language: oneOf(['en', 'ru']).default('en').meta({
        description:
          'The language of answers to clients that leave the choice to the server (`LANG *`, RFC 6856); all others get English, or what they ask for.',
      }),
      apop: flag().default(false).meta({
        description:
          'Whether APOP is offered, for programs that know nothing better, to the accounts that `mailstead account apop` has made a secret for. Over TLS alone, as every login.',
      }),
      login_delay: integer(0, 86_400, 'a number of seconds').default(0).meta({
        description:
          'Seconds from one login of an account to the next (LOGIN-DELAY, RFC 2449): a sooner one is refused. 0: no delay. Phones that open two sessions, or lose one, need none.',
      }),
      login_delay_exempt: z
        .array(text('an address'), { error: (issue) => `${show(issue.input)} is not a list of addresses` })
        .default(() => [])
        .meta({ description: 'Accounts that may log in again at once all the same.' }),
      expire_days: integer(0, 36_500, 'a number of days').default(0).meta({
        description:
          'What clients are told of how long mail stays when they leave it here (EXPIRE, RFC 2449): the days after which something else than this server removes it. This server removes nothing: 0 says so.',
      }),
    })
    .prefault({})
    .meta({ description: 'POP3.' }),
  dns,
  screening,
  dns_list: dnsLists,
  about: z
    .strictObject({
      comment: text('a text').optional().meta({ description: 'A note on this server: the entry `/shared/comment`.', defaultText: 'none' }),
      admin: text('a URI')
        .refine((value) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(value), {
          error: (issue) => `${show(issue.input)} is not a URI like "mailto:postmaster@example.org" or "tel:+49301234567"`,
        })
        .optional()
        .meta({ description: 'How to reach who looks after it, as a URI: the entry `/shared/admin`.', defaultText: 'none' }),
    })
    .prefault({})
    .meta({ description: 'What IMAP tells all accounts of this server (METADATA, RFC 5464).' }),
  metrics: z
    .strictObject({
      port: port(0).default(0).meta({
        description:
          'The port for `http://…/metrics`, without `port_base`; 9464 is usual. 0: nothing is counted. What there is: [metrics.md](metrics.md).',
      }),
      address: text('an IP address')
        .refine((value) => isIP(value) !== 0, { error: (issue) => `${show(issue.input)} is not an IP address` })
        .default('127.0.0.1')
        .meta({
          description:
            'The address. Nobody logs in there and nothing is encrypted: another than one of this machine alone needs a firewall.',
        }),
    })
    .prefault({})
    .meta({ description: 'How much happens, for Prometheus and what reads its format.' }),
  log: z
    .strictObject({
      level: oneOf(['debug', 'info', 'warn', 'error', 'silent']).default('info').meta({ description: 'The least that is logged.' }),
      format: oneOf(['json', 'text']).default('json').meta({ description: 'One JSON object a line for machines, or text for eyes.' }),
      file: text('a path').optional().meta({ description: 'Where the log goes.', defaultText: 'standard error' }),
    })
    .prefault({})
    .meta({ description: 'The log.' }),
})

/** A whole and checked configuration. Sizes are octets. */
export type Config = z.output<typeof schema>
