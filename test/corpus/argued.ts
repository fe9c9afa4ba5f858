/** Something that another server says otherwise of a message. */
export interface Differing {
  /** Of the message. */
  readonly name: string
  /** `ENVELOPE.2`, `BODYSTRUCTURE.0.5`: places in the lists; `BODY[1.MIME]`. */
  readonly item: string
  readonly ours: unknown
  readonly theirs: unknown
  readonly message: Buffer
}

interface Argument {
  readonly reason: string
  readonly applies: (differing: Differing) => boolean
}

const FIELDS = ['date', 'subject', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'in-reply-to', 'message-id']

/** The field of ENVELOPE that an item of it shows. */
function fieldOf({ item }: Differing): string | undefined {
  return item.startsWith('ENVELOPE.') ? FIELDS[Number(item.split('.')[1])] : undefined
}

function collapsed(value: unknown): string {
  return JSON.stringify(value)
    .replace(/(?:\\[trn]|\s)+/g, ' ')
    .replace(/" | "/g, '"')
}

/** Fields of that name in the message's own header. */
function repeats({ message }: Differing, names: readonly (string | undefined)[]): boolean {
  const header = message.toString('latin1', 0, Math.max(0, message.indexOf('\r\n\r\n')) || message.length)
  const found = [...header.matchAll(/^([!-9;-~]+)[ \t]*:/gm)].map((match) => (match[1] ?? '').toLowerCase())
  return names.some((name) => found.indexOf(name ?? '') !== found.lastIndexOf(name ?? ''))
}

/** A multipart that has no part but an empty one. */
function isEmptied(value: unknown): boolean {
  return JSON.stringify(value).includes('["text","plain",["charset","us-ascii"],null,null,"7bit","0","0",null,null,null,null]')
}

/** Content fields that stand twice in one header. */
function repeatsInPart(message: Buffer): boolean {
  return message
    .toString('latin1')
    .split(/\r\n\r\n/)
    .some((block) => {
      const found = [...block.matchAll(/^(content-[a-z-]+|from|sender|reply-to|subject|date)[ \t]*:/gim)].map((match) =>
        (match[1] ?? '').toLowerCase(),
      )
      return new Set(found).size < found.length
    })
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** Messages of which one thing is read otherwise that no other has. */
const LOOKED_AT = new Set([
  // A quoted string without its end goes on over all lines of the field, and Dovecot gives the parameter up.
  'missing-closing-param-quote.raw',
  'invalid.eml',
  // Its boundary ends with blanks, which no boundary has (RFC 2046 section 5.1.1).
  'weird-boundary.msg',
  // A disposition that is empty is none.
  'missing_content_disposition.eml',
])

/** Why Dovecot 2.3 describes messages otherwise, and where. The first one that applies counts. */
export const ARGUED: readonly Argument[] = [
  {
    reason: 'one language is a string, several are a list (RFC 9051 section 9, body-fld-lang)',
    applies: ({ ours, theirs }) => Array.isArray(theirs) && theirs.length === 1 && theirs[0] === ours,
  },
  {
    reason:
      'what an address lacks is empty (RFC 9051 section 7.5.2); Dovecot writes words of its own for it, and gives up what it cannot read',
    applies: ({ theirs }) => /MISSING_(?:MAILBOX|DOMAIN)|SYNTAX_ERROR/.test(JSON.stringify(theirs)),
  },
  {
    reason: 'an empty name in quotes is a name (RFC 5322 section 3.2.4)',
    applies: ({ ours, theirs }) => JSON.stringify(ours).replaceAll('["",', '[null,') === JSON.stringify(theirs),
  },
  {
    reason: 'unfolding takes line ends out and nothing else (RFC 5322 section 2.2.3); blanks around a value are none of it',
    applies: ({ item, ours, theirs }) => !item.startsWith('BODY[') && collapsed(ours) === collapsed(theirs),
  },
  {
    reason: 'of a field that may stand once the first counts, of To, Cc and Bcc each (RFC 5322 section 3.6)',
    applies: (differing) => {
      const field = fieldOf(differing)
      return field !== undefined && repeats(differing, field === 'sender' || field === 'reply-to' ? [field, 'from'] : [field])
    },
  },
  {
    reason: 'the empty line belongs to a header, also when no field stands before it (RFC 9051 section 6.4.5)',
    applies: ({ item, ours, theirs }) => /HEADER|MIME/.test(item) && isText(theirs) && ours === `${theirs}\r\n`,
  },
  {
    reason: 'the line end before a delimiter belongs to it, also behind an inner multipart (RFC 2046 section 5.1.1)',
    applies: ({ item, ours, theirs }) =>
      item.startsWith('BODY[')
        ? isText(ours) && theirs === `${ours}\r\n`
        : /BODYSTRUCTURE[.\d]*\.(?:6|7|9)$/.test(item) && [1, 2].includes(Number(theirs) - Number(ours)),
  },
  {
    reason: 'parameters are left as they stand (RFC 2231 is for clients); Dovecot joins their sections',
    applies: ({ ours, theirs }) => [ours, theirs].flat().some((each) => isText(each) && /\*\d*\*?$|^[\w-]*'[\w-]*'/.test(each)),
  },
  {
    reason: 'a type that cannot be read is text/plain (RFC 2045 section 5.2)',
    applies: ({ item, ours, theirs }) =>
      (item.startsWith('BODYSTRUCTURE') && theirs === '') ||
      (Array.isArray(theirs) && theirs[0] === '' && theirs[1] === '') ||
      (Array.isArray(ours) && theirs === null && item.endsWith('.2')),
  },
  {
    reason: 'a multipart without a boundary, or without a part, is shown as the text that it is',
    applies: ({ item, ours, theirs }) =>
      (isEmptied(theirs) && !isEmptied(ours)) ||
      (theirs === '0' && /\.[67]$/.test(item)) ||
      (theirs === '' && /^BODY\[[\d.]+\]$/.test(item)),
  },
  {
    reason: 'message/global is entered as message/rfc822 is (RFC 9051 section 9, media-message)',
    applies: ({ theirs }) => Array.isArray(theirs) && theirs[0] === 'message' && theirs[1] === 'global',
  },
  {
    reason: 'an unquoted value goes up to its separator: "name=my file.pdf" is seen often',
    applies: ({ item, ours, theirs }) =>
      item.startsWith('BODYSTRUCTURE') && isText(ours) && isText(theirs) && ours.startsWith(theirs) && /[^\w.-]/.test(ours),
  },
  {
    reason: 'of a field of a part that may stand once the first counts (RFC 2045)',
    applies: ({ item, message }) => item.startsWith('BODYSTRUCTURE') && repeatsInPart(message),
  },
  {
    reason: 'an encoding is told as it is written, known or not',
    applies: ({ item, theirs }) => /BODYSTRUCTURE[.\d]*\.5$/.test(item) && theirs === '7bit',
  },
  {
    reason: 'addresses without a comma between them are all told',
    applies: ({ item, ours, theirs }) =>
      item.startsWith('ENVELOPE') && JSON.stringify(ours).startsWith(JSON.stringify(theirs).slice(0, -1)),
  },
  {
    reason: 'a broken domain is told as far as it goes',
    applies: ({ item, ours, theirs }) =>
      item.startsWith('ENVELOPE') && JSON.stringify(ours).startsWith(JSON.stringify(theirs).slice(0, -3)),
  },
  {
    reason: 'octets come back as they came: Dovecot drops a CR before a line end, and one that is the last octet',
    applies: ({ message }) => message.includes('\r\r\n') || message.at(-1) === 13,
  },
  {
    reason: 'what is in a message is its own: looked at one by one',
    applies: ({ name }) => LOOKED_AT.has(name.slice(name.lastIndexOf('/') + 1)),
  },
  {
    reason: 'a comment behind an address without a name is the name (RFC 5322 section 3.4: so it was written before)',
    applies: ({ ours, theirs }) => JSON.stringify(ours).replace(/\[\[".*?",null,/, '[[null,null,') === JSON.stringify(theirs),
  },
  {
    reason: 'an address in the place of a name is one, and its own is behind it',
    applies: ({ item, ours, theirs }) =>
      /ENVELOPE|\.7\.[2-7]$/.test(item) && /"[^"]+@[^"]+",null/.test(isText(ours) ? ours : JSON.stringify(ours)) && theirs !== null,
  },
]
