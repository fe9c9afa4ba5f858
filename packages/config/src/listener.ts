import { z } from 'zod'
import { addresses, flag, integer, networks, oneOf, pattern, port, size, text } from './values.ts'

/** sun_path of Linux without the NUL at its end (unix(7)). */
const MAX_SOCKET_PATH = 107

const listener = z.strictObject({
  role: oneOf(['mx', 'submission', 'lmtp', 'odmr', 'imap', 'pop3']).meta({
    description:
      'What is served: `mx` mail from other servers, `submission` mail from our users, `lmtp` mail from a mail server of our own, `odmr` mail that waits to those who fetch it (ATRN), `imap`, `pop3`.',
    defaultText: 'has to be said',
  }),
  addresses: addresses().optional().meta({
    description: 'IP addresses to listen on.',
    defaultText: 'those of `[listen]`; for `lmtp` `127.0.0.1` and `::1`',
  }),
  port: port(1).optional().meta({ description: 'The port, before `port_base` is added.', defaultText: 'has to be said, or `socket`' }),
  socket: text('a path')
    .min(1, 'a path is needed')
    .refine(
      (value) => Buffer.byteLength(value) <= MAX_SOCKET_PATH,
      `is longer than the ${MAX_SOCKET_PATH} octets that a socket's path may have`,
    )
    .optional()
    .meta({ description: 'A Unix socket instead of a port, for `lmtp`: its path.', defaultText: 'none' }),
  socket_mode: pattern(/^0?[0-7]{3}$/, 'a mode like "0660"')
    .optional()
    .meta({ description: 'Who may connect to the socket: its mode, in octal.', defaultText: '`"0660"`' }),
  socket_group: text('the name or the number of a group')
    .optional()
    .meta({ description: 'The group that the socket belongs to, by name or number.', defaultText: 'the one that the server runs as' }),
  tls: oneOf(['none', 'starttls', 'implicit']).optional().meta({
    description: 'Encryption: none, on demand (STARTTLS, STLS), or from the first octet.',
    defaultText: '`"starttls"`; for a socket `"none"`',
  }),
  proxies: networks().optional().meta({ description: 'As in `[listen]`, for this listener.', defaultText: 'those of `[listen]`' }),
  clients: networks().optional().meta({
    description: 'Addresses and networks that may connect; all others are sent away. Needed for `lmtp` on other addresses than loopback.',
    defaultText: 'everybody',
  }),
  trusted: networks().optional().meta({
    description:
      'Addresses and networks of mail servers and devices of our own (`mx`, `lmtp`): line ends of their messages that are not CRLF are put right, where others are refused; they are not judged, and no rates are kept of them.',
    defaultText: 'none',
  }),
  xclient: networks().optional().meta({
    description:
      'Addresses and networks of proxies and tests that may say by XCLIENT for whom they speak (`mx`, `submission`). On `submission` they may say who has logged in too, encrypted or from this machine: whoever can connect from there can send as everybody.',
    defaultText: 'none',
  }),
  expn: flag().optional().meta({
    description: 'Whether EXPN tells where aliases lead: to who has logged in (`submission`), or to everybody (`lmtp`).',
    defaultText: '`false`',
  }),
  message_size: size().optional().meta({ description: 'Largest message, in octets (SMTP and LMTP).', defaultText: 'that of `[limits]`' }),
  recipients: integer(1, 10_000, 'a number of recipients')
    .optional()
    .meta({ description: 'Recipients of one message (SMTP and LMTP).', defaultText: 'that of `[limits]`' }),
  messages: integer(1, 100_000, 'a number of messages')
    .optional()
    .meta({ description: 'Messages that may begin on one connection (SMTP and LMTP).', defaultText: 'that of `[limits]`' }),
})

/** One `[[listener]]` of the file. */
export type ListenerConfig = z.output<typeof listener>

export const listeners = z
  .array(listener, { error: 'is a list of tables: write [[listener]] on a line of its own' })
  .default(() => [])
  .meta({
    description:
      'Further listeners, as many as needed, beside those of `[ports]`, each with a table `[[listener]]` of its own. They are set in the file only.',
  })
