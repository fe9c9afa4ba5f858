import { parseEndpoint } from '@mailstead/base'
import { z } from 'zod'
import { flag, integer, networks, pattern, show } from './values.ts'

export const dns = z
  .strictObject({
    servers: z
      .array(
        z.string().refine((value) => parseEndpoint(value, 53) !== undefined, {
          error: (issue) => `${show(issue.input)} is not an address like "192.0.2.53" or "[2001:db8::53]:5353"`,
        }),
        { error: (issue) => `${show(issue.input)} is not a list of addresses` },
      )
      .min(1, 'at least one server is needed')
      .optional()
      .meta({
        description: 'Recursive name servers, asked in this order, with their ports where these are not 53.',
        defaultText: 'those of the system',
      }),
    trusted: flag().default(false).meta({
      description:
        'Whether the way to the servers is safe, so that they are believed what they say of DNSSEC. Servers on loopback always are.',
    }),
    timeout: integer(1, 30, 'a number of seconds').default(3).meta({ description: 'Seconds that one server has for one question.' }),
  })
  .prefault({})
  .meta({ description: 'How names are looked up.' })

export const screening = z
  .strictObject({
    enabled: flag().default(true).meta({ description: 'Whether strangers are screened at all.' }),
    reverse_dns: flag().default(true).meta({ description: "Whether it weighs that a host's address has no name in DNS that leads back." }),
    helo: flag().default(true).meta({ description: 'Whether it weighs what a host calls itself (EHLO).' }),
    sender_domain: flag().default(true).meta({ description: "Whether it weighs that the sender's domain takes no mail." }),
    early_talkers: flag().default(true).meta({ description: 'Whether it weighs that a host speaks before it is greeted.' }),
    authentication: flag().default(true).meta({
      description: 'Whether messages are authenticated (SPF, DKIM, ARC, DMARC), what comes of it weighs, and stands in their header.',
    }),
    greylist_score: integer(1, 1000, 'a score').default(3).meta({
      description: 'From this score on a host is suspicious, and has to come again.',
    }),
    refuse_score: integer(1, 1000, 'a score').default(10).meta({ description: 'From this score on mail is refused.' }),
    greylist_delay: integer(0, 86_400, 'a number of seconds').default(300).meta({
      description: 'Seconds after which the mail of a suspicious host is taken. 0: at once, nobody has to come again.',
    }),
    timeout: integer(1, 9, 'a number of seconds').default(5).meta({
      description: 'Seconds that a recipient is held up at most by DNS that does not answer. The mail is taken then.',
    }),
    trusted: networks().default([]).meta({
      description: 'Addresses and networks of no strangers. Loopback, private networks and our own addresses never are.',
    }),
  })
  .prefault({})
  .meta({ description: 'What is looked at when strangers bring mail to role `mx`: [screening.md](screening.md).' })

const ZONE = /^(?=.{1,180}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)+$/

const weight = (): z.ZodNumber => integer(-1000, 1000, 'a weight')

const dnsList = z.strictObject({
  zone: pattern(ZONE, 'a zone like "bl.example.org" in lower-case letters').meta({
    description: 'The zone that is asked for `17.2.0.192.bl.example.org`.',
    defaultText: 'has to be said',
  }),
  weight: weight().meta({
    description: 'What a listing weighs: as much as `refuse_score` refuses, less than 0 speaks for a host.',
    defaultText: 'has to be said',
  }),
  codes: z
    .record(z.string().regex(/^127(\.(\d{1,3}|\*)){3}$/), weight(), {
      error: ({ code, input }) =>
        `${show(input)} is not ${code === 'invalid_key' ? 'an answer like "127.0.0.2" or "127.0.*.3"' : 'a table like { "127.0.0.10" = 4 }'}`,
    })
    .optional()
    .meta({ description: 'Answers that weigh something else, `*` being any number.', defaultText: 'none' }),
})

export const dnsLists = z
  .array(dnsList, { error: 'is a list of tables: write [[dns_list]] on a line of its own' })
  .default(() => [])
  .meta({
    description: 'DNS block lists and allow lists (RFC 5782), each with a table `[[dns_list]]` of its own. They are set in the file only.',
  })
