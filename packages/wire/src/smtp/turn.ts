/** RFC 1985 section 5: whose queue is to be started. */
export interface EtrnNode {
  /** `@`: what is below the name too. `#`: a queue that is called so. */
  readonly option: '@' | '#' | undefined
  /** In lower case. */
  readonly name: string
}

/** RFC 2645 section 5.2.1. */
const DOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i

/** The syntax of a queue's name is each server's own (RFC 1985 section 5.3). */
const QUEUE = /^[!-~]{1,253}$/

/** `undefined`: the argument of ETRN is none. */
export function parseEtrn(argument: string): EtrnNode | undefined {
  const [, option, name = ''] = /^([@#]?)(.*)$/s.exec(argument) ?? []
  if (option === '#') return QUEUE.test(name) ? { option, name } : undefined
  if (!DOMAIN.test(name)) return undefined
  return { option: option === '@' ? option : undefined, name: name.toLowerCase() }
}

/** The domains of ATRN, in lower case; none: all that there are. `undefined`: the argument is none. */
export function parseAtrn(argument: string): readonly string[] | undefined {
  if (argument === '') return []
  const domains = argument.split(',').map((each) => each.toLowerCase())
  return domains.every((domain) => DOMAIN.test(domain)) ? [...new Set(domains)] : undefined
}
