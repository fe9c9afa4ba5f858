import type { Mistake } from '../../plants/mistakes.ts'

interface Planted {
  readonly name: string
  /** Of the first Mailstead. */
  readonly mistakes: readonly Mistake[]
  /** The checks that have to see it, all of them. */
  readonly seenBy: RegExp
}

const DECIDE = 'packages/outbound/src/tls/decide.ts'
const DANE = 'packages/outbound/src/tls/dane.ts'
const FIND = 'packages/outbound/src/tls/find-tlsa.ts'
const ADAPT = 'packages/outbound/src/client/adapt.ts'
const CONNECTION = 'packages/outbound/src/client/connection.ts'

export const PLANTS: readonly Planted[] = [
  {
    name: 'certificates are not held against TLSA records',
    mistakes: [
      { file: DANE, text: "if (leaf === undefined) return 'validation-failure'", instead: 'if (leaf !== undefined) return undefined' },
    ],
    seenBy: /^DANE to Postfix: (3 1 1 of another key|2 1 1 of another|2 0 1 for a certificate|an alias: wrong)/,
  },
  {
    name: 'names do not matter to DANE-TA',
    mistakes: [{ file: DANE, text: 'return names.some(', instead: 'return true || names.some(' }],
    seenBy: /^DANE to \w+: 2 0 1 for a certificate/,
  },
  {
    name: 'TLSA records are not asked for',
    mistakes: [{ file: FIND, text: "if (safety.kind !== 'mx' || !safety.mxSecure) return none", instead: 'return none' }],
    seenBy: /^DANE to Exim: (3 1 1 of another key|TLSA records that cannot|TLSA records whose|a server without STARTTLS)/,
  },
  {
    name: 'the records under the own name of an alias are not asked for',
    mistakes: [{ file: FIND, text: "return answer.kind === 'records' && answer.authenticated ? [host] : []", instead: 'return []' }],
    seenBy: /^DANE to Postfix: an alias into a zone .* a wrong record/,
  },
  {
    name: 'a TLSA look-up that fails is none',
    mistakes: [
      { file: DECIDE, text: "if (tlsa.kind === 'failed') return skip", instead: "if (tlsa.kind === 'failed') return undefined && skip" },
    ],
    seenBy: /^DANE to Postfix: TLSA records (that cannot|whose)/,
  },
  {
    name: 'records that are no use are none',
    mistakes: [
      {
        file: DECIDE,
        text: "if (records.length === 0) return use({ kind: 'encrypted' }, 'tlsa')",
        instead: 'if (records.length === 0) return undefined',
      },
    ],
    seenBy: /^DANE to Postfix: 1 1 1 and no STARTTLS/,
  },
  {
    name: 'every answer counts as vouched for by DNSSEC',
    mistakes: [
      {
        file: 'packages/resolver/src/resolver.ts',
        text: 'authenticated &&= reading.authentic && trusted',
        instead: 'authenticated &&= true',
      },
    ],
    seenBy: /^DANE to Postfix: (a zone that nobody vouches for|the same without STARTTLS|an alias in a zone)/,
  },
  {
    name: 'a policy that is to be enforced is not',
    mistakes: [{ file: DECIDE, text: "sts?.mode === 'enforce'", instead: 'false' }],
    seenBy: /^MTA-STS to Postfix: enforced(?!.*all is right|.*all names below|.*DANE)/,
  },
  {
    name: 'a policy that is to be tested is enforced',
    mistakes: [{ file: DECIDE, text: "sts?.mode === 'enforce'", instead: "sts?.mode === 'testing'" }],
    seenBy: /^MTA-STS to Exim: tested only/,
  },
  {
    name: 'MTA-STS comes before DANE',
    mistakes: [
      {
        file: DECIDE,
        text: 'if (dane !== undefined) return requireTls',
        instead: 'if (dane !== undefined && question.sts === undefined) return requireTls',
      },
    ],
    seenBy: /^MTA-STS to Postfix: enforced and right, while DANE fails/,
  },
  {
    name: 'ENVID is lost',
    mistakes: [{ file: ADAPT, text: 'parameters.envid !== undefined', instead: 'false' }],
    seenBy: /^Mailstead A to .*: a report of success/,
  },
  {
    name: 'ORCPT is lost',
    mistakes: [{ file: ADAPT, text: 'dsn && orcpt !== undefined', instead: 'false' }],
    seenBy: /^Mailstead A to .*: a report of success/,
  },
  {
    name: 'NOTIFY is lost',
    mistakes: [{ file: ADAPT, text: 'dsn && notify !== undefined', instead: 'false' }],
    seenBy: /^Mailstead A to .*: a report of success/,
  },
  {
    name: 'RET is lost on the way in',
    mistakes: [{ file: ADAPT, text: 'parameters.ret !== undefined', instead: 'false' }],
    seenBy: /^Mailstead A to Mailstead B: a report of success/,
  },
  {
    name: 'mail goes twice',
    mistakes: [
      {
        file: CONNECTION,
        text: 'const results = await transaction.run()',
        instead:
          'await new Transaction({ channel: this.#channel, capabilities: this.#capabilities, lmtp: false }, letter, adapted).run()\nconst results = await transaction.run()',
      },
    ],
    seenBy: /^Mailstead A to .*: (in clear|by STARTTLS|a report of success)/,
  },
  {
    name: 'dots are not doubled',
    mistakes: [
      {
        file: 'packages/outbound/src/client/transaction.ts',
        text: 'this.#channel.write(stuffer.push(octets)',
        instead: 'this.#channel.write(octets',
      },
    ],
    seenBy: /^Mailstead A to (Postfix|Exim): in clear/,
  },
  {
    name: 'SMTPUTF8 is not said',
    mistakes: [
      {
        file: 'packages/outbound/src/client/content.ts',
        text: 'const smtpUtf8 = utf8Addresses || utf8Header',
        instead: 'const smtpUtf8 = false',
      },
    ],
    // Postfix and Exim take such addresses without it.
    seenBy: /^Mailstead A to Mailstead B: between addresses with UTF-8/,
  },
  {
    name: 'STARTTLS is not said',
    mistakes: [{ file: CONNECTION, text: 'async #startTls(): Promise<void> {', instead: 'async #startTls(): Promise<void> {\nreturn' }],
    seenBy: /^Mailstead A to .*: (by STARTTLS|eight MiB)/,
  },
]
