/**
 * What each fault of a sender counts, beside DNS lists, whose weights are the administrator's. One is enough for greylisting where it is
 * rare among honest servers; it takes two grave ones to be refused.
 */
export const WEIGHTS = {
  /** The address has no name in DNS. */
  'no-reverse-name': 4,
  /** It has one, but that does not lead back. */
  'unconfirmed-name': 3,
  /** The name is made of the address, as those of dial-up lines are. */
  'generic-name': 3,
  /** EHLO with our own name: none but ourselves has that. */
  'helo-ours': 6,
  /** EHLO with an address in place of an address literal. */
  'helo-bare-address': 4,
  /** EHLO with the address of another. */
  'helo-foreign-address': 3,
  /** EHLO with what is no name of a host on the internet. */
  'helo-no-name': 2,
  /** EHLO with a name that no address belongs to. */
  'helo-unknown': 2,
  /** Octets before the greeting: who does not wait speaks no SMTP. */
  'early-talker': 5,
  /** A reply would reach nobody. */
  'sender-domain': 6,
  /** The sender's domain says that the host does not send its mail; who forwards mail does that too. */
  'spf-fail': 3,
  /** The author's domain wants such mail set apart. */
  'dmarc-quarantine': 3,
  /** The author's domain wants such mail refused. */
  'dmarc-reject': 10,
} as const

export type Fault = keyof typeof WEIGHTS
