import { z } from 'zod'
import { flag, integer, oneOf, pattern, port, show, text } from './values.ts'

const PATTERN = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** What senders are told of TLS with our servers. */
export const mtaSts = z
  .strictObject({
    mode: oneOf(['enforce', 'testing', 'none']).optional().meta({
      description:
        'What senders do when TLS with our servers fails: they keep the mail, they report it, or nothing; `none` is for some weeks before the policy goes away.',
      defaultText: 'no policy is served',
    }),
    mx: z
      .array(pattern(PATTERN, 'a host name in lower-case letters, or one like "*.example.org"'), {
        error: (issue) => `${show(issue.input)} is not a list of host names`,
      })
      .min(1, 'at least one host is needed')
      .optional()
      .meta({
        description: 'The servers that take mail for our domains, as their MX records name them.',
        defaultText: '`host_name` alone',
      }),
    max_age: integer(0, 31_557_600, 'a number of seconds').default(604_800).meta({
      description: 'Seconds that senders remember the policy: a week. Longer ones protect better, and last longer when they are wrong.',
    }),
    port: port(1).default(443).meta({ description: 'Where the policies are served, before `port_base` is added. Senders ask port 443.' }),
  })
  .prefault({})
  .meta({
    description: 'The MTA-STS policy of all domains of this server (RFC 8461), served at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`.',
  })

/** For names that the certificate of `[tls]` is not for. */
export const certificates = z
  .array(
    z.strictObject({
      cert_file: text('a path').meta({
        description: 'PEM file with the certificate and its chain. Read again when it changes and on SIGHUP.',
      }),
      key_file: text('a path').optional().meta({ description: 'PEM file with its private key.', defaultText: '`cert_file`' }),
    }),
    { error: 'is a list of tables: write [[certificate]] on a line of its own' },
  )
  .default(() => [])
  .meta({ description: 'Further certificates, as many as are needed: MTA-STS policies are served with the one that is for the name.' })

/** What other domains are told of TLS with their servers. */
export const tlsReports = z
  .strictObject({
    send: flag().default(true).meta({
      description:
        'Whether domains that ask for it (`_smtp._tls`, RFC 8460) get a report each day on how TLS with their servers went. As long as mail goes to other servers at all.',
    }),
    organization: text('a name').min(1, 'a name is needed').optional().meta({
      description: 'Who reports, as they read it.',
      defaultText: '`host_name`',
    }),
    contact: pattern(/^[!#-'*+\-/-9=?A-Z^-~.]+@[a-z0-9.-]+$/, 'an address like "postmaster@example.org"')
      .optional()
      .meta({
        description: 'The sender of the reports, at a domain of this server, whose keys they are signed with.',
        defaultText: '`tls-rpt` at the default domain',
      }),
  })
  .prefault({})
  .meta({ description: 'Reports on TLS to other domains.' })
