import { z } from 'zod'
import { integer, networks, rate, text } from './values.ts'

/** What one address may do, and its network. Of a rate: `undefined` is none. */
export const rates = z
  .strictObject({
    connections: rate().prefault('120/minute').meta({ description: 'New connections. More hear 421.' }),
    messages: rate().prefault('3000/hour').meta({ description: 'Messages that begin. More hear 450 at MAIL.' }),
    recipients: rate().prefault('10000/hour').meta({ description: 'Recipients that are taken. More hear 450 at RCPT.' }),
    unknown_recipients: rate().prefault('100/hour').meta({
      description:
        'Recipients on role `mx` that do not exist: who asks for more tries out names, and hears 450 to every recipient but postmaster, whether it exists or not.',
    }),
    failed_commands: rate().prefault('200/hour').meta({
      description: 'Commands on role `mx` that are refused for good, messages apart. More hear 421, and so do new connections.',
    }),
    network_ipv4: integer(8, 32, 'a number of bits').default(24).meta({ description: 'Bits of the network that an IPv4 address is in.' }),
    network_ipv6: integer(16, 64, 'a number of bits').default(48).meta({
      description: 'Bits of the network that an IPv6 address is in. An address stands for its /64.',
    }),
    network_factor: integer(1, 1000, 'a factor').default(8).meta({
      description: 'How many times what an address may do all addresses of a network may do together.',
    }),
    exempt: networks()
      .default(() => ['127.0.0.0/8', '::1'])
      .meta({ description: 'Addresses and networks of which no rates are kept.' }),
  })
  .prefault({})
  .meta({
    description:
      'What one address may do on the listeners of role `mx` and `submission` together: `"60/minute"`, `"500/hour"`, `"2000/day"`, or `"none"`. Counts start anew with the server.',
  })

/** What one account may send. */
export const sending = z
  .strictObject({
    hour: integer(0, 1_000_000, 'a number of recipients').default(1000).meta({
      description: 'Recipients that an account may send to within an hour; 0: as many as it likes. More hear 452.',
    }),
    day: integer(0, 1_000_000, 'a number of recipients').default(5000).meta({ description: 'The same within a day.' }),
    alert: integer(0, 1_000_000, 'a number of recipients').default(200).meta({
      description:
        'The log warns, and postmaster gets a mail, of an account that sends to so many recipients within an hour, and to five times as many as in an hour of its day before; 0: never.',
    }),
    exempt: z
      .array(text('an address'), { error: () => 'is not a list of addresses' })
      .default(() => [])
      .meta({ description: 'Accounts that may send as much as they like, by address.' }),
  })
  .prefault({})
  .meta({ description: 'How much an account may send. Counts start anew with the server.' })
