import type { Consignment } from '@mailstead/store'

/**
 * What the sender wants of encryption (RFC 8689). `required`: to none but a server whose name and certificate somebody vouches for. `usual`: as the
 * recipients' domain wants it. `optional`: encrypted if that works out, whatever the domain says of it.
 */
export type TlsDemand = 'required' | 'usual' | 'optional'

/** A report that cannot go encrypted goes all the same (section 5); REQUIRETLS in the envelope makes the header field void (section 4.1). */
export function demandOf({ parameters, mailFrom }: Pick<Consignment, 'parameters' | 'mailFrom'>): TlsDemand {
  if (parameters.requireTls === true) return mailFrom === '' ? 'usual' : 'required'
  return parameters.tlsOptional === true ? 'optional' : 'usual'
}

/** Whether a connection that was made for `made` may carry mail of this demand. */
export function serves(made: TlsDemand, demand: TlsDemand): boolean {
  return made === demand || (made === 'usual' && demand === 'optional')
}
