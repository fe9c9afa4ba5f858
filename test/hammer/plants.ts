import type { Fault } from './proxy.ts'

/** True for every `n`th call, so that most goes well and the mistake looks like one that happens at times. */
function every(n: number): () => boolean {
  let calls = 0
  return () => ++calls % n === 0
}

/** Replaces responses that match. `n`: one in so many of them. */
function responses(pattern: RegExp, n: number, replace: (text: string, found: RegExpExecArray) => readonly string[]): () => Fault {
  return () => {
    const now = every(n)
    return {
      response(text) {
        const found = pattern.exec(text)
        return found !== null && now() ? replace(text, found) : [text]
      },
    }
  }
}

function commands(pattern: RegExp, n: number, replace: string): () => Fault {
  return () => {
    const now = every(n)
    return { command: (text) => (pattern.test(text) && now() ? text.replace(pattern, replace) : text) }
  }
}

const plus = (digits: string | undefined, by: number): string => String(Number(digits) + by)

/** NOOP behind a FETCH, answered in its place: what NOOP may tell comes while numbers must not change. */
function expungeDuringFetch(): Fault {
  const swallowed = new Map<string, string>()
  return {
    command: (text) => {
      const tag = /^(\S+) FETCH \d\S* \(UID BODY\.PEEK\[\]\)\r\n$/.exec(text)?.[1]
      if (tag === undefined) return text
      swallowed.set(tag, `${tag}x`)
      return `${text}${tag}x NOOP\r\n`
    },
    response(text) {
      const tag = /^\S+/.exec(text)?.[0] ?? ''
      if (swallowed.has(tag)) return []
      return tag.endsWith('x') && tag !== '*' ? [text.replace(tag, tag.slice(0, -1))] : [text]
    },
  }
}

/** Flags of a message as they were before, with the modseq of now. */
function staleFlags(): Fault {
  const known = new Map<string, string>()
  return {
    response(text) {
      const found = /^\* \d+ FETCH \(UID (\d+) FLAGS (\([^)]*\)) MODSEQ/.exec(text)
      if (found === null) return [text]
      const [, uid = '', flags = ''] = found
      const before = known.get(uid) ?? flags
      known.set(uid, flags)
      return [text.replace(`FLAGS ${flags}`, `FLAGS ${before}`)]
    },
  }
}

/** A message that was told after QRESYNC is told once more, as the one behind. */
function twiceAfterResync(): Fault {
  let resync = ''
  let exists = 0
  return {
    command(text) {
      resync = /^(\S+) SELECT \S+ \(QRESYNC/.exec(text)?.[1] ?? resync
      return text
    },
    response(text) {
      exists = Number(/^\* (\d+) EXISTS/.exec(text)?.[1] ?? exists)
      if (text.startsWith(`${resync} `)) resync = ''
      const found = resync === '' ? null : /^\* (\d+) (FETCH \(UID \d+ FLAGS .*)/.exec(text)
      return found === null ? [text] : [text, `* ${exists + 1} EXISTS`, `* ${exists + 1} ${found[2] ?? ''}`]
    },
  }
}

/** VANISHED (EARLIER) names a message that is still there: the last one that was told with flags. */
function vanishedTooMuch(): Fault {
  let last = ''
  return {
    response(text) {
      last = /^\* \d+ FETCH \(UID (\d+)/.exec(text)?.[1] ?? last
      const found = /^\* VANISHED \(EARLIER\) (\S+)$/.exec(text)
      return found === null || last === '' ? [text] : [`* VANISHED (EARLIER) ${last},${found[1] ?? ''}`]
    },
  }
}

/** The body of the message that was read before. */
function neighboursBody(): Fault {
  const now = every(5)
  let before = ''
  return {
    response(text) {
      const body = /\{\d+\}\r\n[^]*\r\n/.exec(text)?.[0]
      if (body === undefined) return [text]
      const wrong = before !== '' && now() ? text.replace(body, before) : text
      before = body
      return [wrong]
    },
  }
}

/** A mistake, and the connections that it is made on. */
export interface Plant {
  readonly protocol: 'imap' | 'pop3' | 'smtp'
  readonly fault: () => Fault
}

/** Mistakes beside IMAP. */
const BESIDE: Readonly<Record<string, Plant>> = {
  'dele-ignored': { protocol: 'pop3', fault: commands(/^DELE \d+/, 1, 'NOOP') },
  'quit-ignored': { protocol: 'pop3', fault: commands(/^QUIT/, 1, 'NOOP') },
  'retr-another': { protocol: 'pop3', fault: commands(/^RETR \d+/, 2, 'RETR 1') },
  'uidl-again': { protocol: 'pop3', fault: responses(/^(\d+) [0-9a-f]{16}$/, 4, (_, [, number]) => [`${number} again`]) },
  'delivery-elsewhere': { protocol: 'smtp', fault: commands(/^RCPT TO:<[^@]*/, 1, 'RCPT TO:<other') },
}

const IMAP: Readonly<Record<string, () => Fault>> = {
  'lost-store': commands(/(STORE \S+ [+-]?FLAGS(?:\.SILENT)?) \([^)]*\)/, 3, '$1 ()'),
  'lost-flags': responses(/^\* \d+ FETCH \(UID \d+ FLAGS \([^)]*\) MODSEQ \(\d+\)\)$/, 5, () => []),
  'lost-expunge': responses(/^\* \d+ EXPUNGE$/, 2, () => []),
  'expunge-wrong': responses(/^\* (\d+) EXPUNGE$/, 2, (_, [, number]) => [`* ${Math.max(1, Number(number) - 1)} EXPUNGE`]),
  'expunge-during-fetch': expungeDuringFetch,
  'message-twice': twiceAfterResync,
  'lost-vanished': responses(/^\* VANISHED \d/, 2, () => []),
  'lost-vanished-earlier': responses(/^\* VANISHED \(EARLIER\)/, 1, () => []),
  'vanished-too-much': vanishedTooMuch,
  'vanished-neighbour': responses(/^\* VANISHED (\d+)$/, 1, (_, [, uid]) => [`* VANISHED ${plus(uid, 1)}`]),
  'highestmodseq-too-high': responses(/HIGHESTMODSEQ (\d+)\]/, 2, (text, [found, modSeq]) => [
    text.replace(found, `HIGHESTMODSEQ ${plus(modSeq, 20)}]`),
  ]),
  'highestmodseq-not-held-back': responses(/^\* OK \[HIGHESTMODSEQ \d+\] There is more/, 1, () => []),
  'modseq-back': responses(/MODSEQ \((\d+)\)/, 7, (text, [found, modSeq]) => [text.replace(found, `MODSEQ (${plus(modSeq, -3)})`)]),
  'stale-flags': staleFlags,
  'exists-too-low': responses(/^\* (\d+) EXISTS$/, 3, (_, [, count]) => [`* ${plus(count, -1)} EXISTS`]),
  'copyuid-wrong': responses(/COPYUID (\d+ \S+) (\d+)\]/, 1, (text, [found, from, to]) => [
    text.replace(found, `COPYUID ${from ?? ''} ${plus(to, 1)}]`),
  ]),
  'appenduid-wrong': responses(/APPENDUID (\d+) (\d+)\]/, 3, (text, [found, validity, uid]) => [
    text.replace(found, `APPENDUID ${validity ?? ''} ${plus(uid, -1)}]`),
  ]),
  'wrong-body': neighboursBody,
  'search-misses': responses(/^\* SEARCH (\d+) /, 2, (text, [found]) => [text.replace(found, '* SEARCH ')]),
  'status-counts': responses(/MESSAGES (\d+) UIDNEXT/, 2, (text, [found, count]) => [
    text.replace(found, `MESSAGES ${plus(count, 3)} UIDNEXT`),
  ]),
  'unchangedsince-ignored': commands(/ \(UNCHANGEDSINCE \d+\)/, 1, ' (UNCHANGEDSINCE 999999999)'),
}

/** Mistakes, each of which the hammer has to see. */
export const PLANTS: Readonly<Record<string, Plant>> = {
  ...Object.fromEntries(Object.entries(IMAP).map(([name, fault]) => [name, { protocol: 'imap', fault }])),
  ...BESIDE,
}

/** In front of all connections at once: there is nothing to see. */
export const NO_PLANT: Plant = { protocol: 'imap', fault: () => ({}) }
