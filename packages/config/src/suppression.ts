import { z } from 'zod'
import { integer } from './values.ts'

/** When users may no longer write to an address elsewhere. */
export const suppression = z
  .strictObject({
    failures: integer(0, 1000, 'a number of messages').default(3).meta({
      description:
        'Messages that fail since the address is gone, none being taken in between, after which it is suppressed; 0: only what `mailstead suppression add` enters is.',
    }),
    hours: integer(0, 8760, 'a number of hours').default(24).meta({
      description: 'Hours from the first of them to the last at least: an afternoon of trouble at the other side proves nothing.',
    }),
    days: integer(1, 3650, 'a number of days').default(14).meta({
      description: 'Days after the last of them that the address is suppressed, and that failures are remembered.',
    }),
  })
  .prefault({})
  .meta({
    description:
      'Addresses elsewhere that are gone: users hear so at once, when they name one as a recipient, where each message would come back to them, and no more of them go to servers that count mail to nobody against us.',
  })
