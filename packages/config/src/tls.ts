import { z } from 'zod'
import { flag, pattern, text } from './values.ts'

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
