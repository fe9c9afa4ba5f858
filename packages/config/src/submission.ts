import { z } from 'zod'
import { flag, integer, show, size, text } from './values.ts'

/** What becomes of mail that our users submit. */
export const submission = z
  .strictObject({
    max_hold: integer(0, 999_999_999, 'a number of seconds').default(2_592_000).meta({
      description:
        'Seconds that a mail program may let a message wait here before it is sent (FUTURERELEASE, RFC 4865): 30 days. 0: it is not offered.',
    }),
    max_held: size().prefault('1G').meta({
      description: 'Octets of messages that an account may let wait so. More hear 552.',
    }),
    undo: integer(0, 3600, 'a number of seconds').default(0).meta({
      description:
        'Seconds that every submitted message waits before it is sent or delivered, so that it can be cancelled (`mailstead queue drop`). 0: none waits.',
    }),
    save_sent: flag().default(false).meta({
      description:
        'Whether the server keeps what users send in their mailbox for sent mail, so that mail programs need not. What they save there all the same is not kept twice.',
    }),
    save_sent_except: z
      .array(text('an address'), { error: (issue) => `${show(issue.input)} is not a list of addresses` })
      .default(() => [])
      .meta({ description: 'Accounts for which it is the other way round, by address.' }),
  })
  .prefault({})
  .meta({ description: 'Mail from our users.' })
