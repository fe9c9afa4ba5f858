/** Repeats `unit` behind `head` up to `size` octets. */
function fill(size: number, unit: string, head = ''): Buffer {
  const octets = Buffer.alloc(size)
  return octets.fill(unit, octets.write(head, 'latin1'), size, 'latin1')
}

function grow(size: number, make: (index: number) => string, head = ''): Buffer {
  const octets = Buffer.alloc(size)
  let at = octets.write(head, 'latin1')
  for (let index = 0; at < size; index++) at += octets.write(make(index), at, 'latin1')
  return octets
}

const MIXED = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'

/** Multiparts within each other, their boundaries of all lengths from 1 to 70. */
const BOUNDARIES = Array.from({ length: 70 }, (_, index) => 'b'.repeat(index + 1))
  .map((boundary) => `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n--${boundary}\r\n`)
  .join('')

/** Messages of about `size` octets that cost a scanner the most it can be made to spend, each in another place. */
export const WORST_CASES: readonly [name: string, make: (size: number) => Buffer][] = [
  ['text', (size) => fill(size, 'a line of text that is about seventy octets long, as in mail........\r\n', 'Subject: x\r\n\r\n')],
  ['empty lines', (size) => fill(size, '\r\n', 'Subject: x\r\n\r\n')],
  ['empty lines in a part', (size) => fill(size, '\n', MIXED + '--b\r\n\r\n')],
  ['delimiters', (size) => fill(size, '--b\r\n', MIXED)],
  ['empty parts', (size) => fill(size, '--b\r\n\r\n', MIXED)],
  ['almost delimiters', (size) => fill(size, '--c\r\n', MIXED)],
  ['lines as long as open boundaries', (size) => grow(size, (i) => `--${String(i % 900).padStart(1 + (i % 70), 'x')}\r\n`, BOUNDARIES)],
  ['long lines with dashes', (size) => fill(size, '--' + 'x'.repeat(1020) + '\r\n', MIXED)],
  ['lines too long for a delimiter', (size) => fill(size, '--' + 'x'.repeat(1025) + '\n', MIXED)],
  ['blanks behind dashes', (size) => fill(size, '--' + ' '.repeat(1000) + '\n', MIXED)],
  ['two dashes a line', (size) => fill(size, '--\n', MIXED)],
  ['a dash a line', (size) => fill(size, '-\n', MIXED)],
  ['nested multiparts', (size) => grow(size, (i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`)],
  ['nested messages', (size) => fill(size, 'Content-Type: message/rfc822\r\n\r\n')],
  ['messages in multipart', (size) => fill(size, '--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n', MIXED)],
  [
    'multiparts opened again at all depths',
    (size) =>
      grow(
        size,
        (i) => `--b${i % 90}\r\nContent-Type: multipart/mixed; boundary=b${(i % 90) + 1}\r\n\r\n`,
        'Content-Type: multipart/mixed; boundary=b0\r\n\r\n',
      ),
  ],
  ['million fields', (size) => fill(size, 'A: b\r\n')],
  ['fields that are kept', (size) => fill(size, 'To: a@b\r\n')],
  ['long headers of parts', (size) => fill(size, '--b\r\n' + 'Subject: x\r\n'.repeat(1000) + '\r\n', MIXED)],
  ['one long folded field', (size) => fill(size, ' abc\r\n', 'Subject: x\r\n')],
  ['an address a line', (size) => fill(size, ' a@b,\r\n', 'To: x@y,\r\n')],
  ['a header of one line', (size) => fill(size, 'x', 'Subject: ')],
  ['parameters', (size) => fill(size, '; a=b', 'Content-Type: text/plain')],
  ['parameters of many parts', (size) => fill(size, '--b\r\nContent-Type: text/plain' + '; a=b'.repeat(200) + '\r\n\r\n', MIXED)],
  ['boundaries', (size) => fill(size, '; boundary=b', 'Content-Type: multipart/mixed')],
  ['sections of a parameter', (size) => grow(size, (i) => `; name*${i}=b`, 'Content-Type: text/plain')],
  ['deep comments', (size) => fill(size, '(', 'From: ')],
  ['comments', (size) => fill(size, '(a)', 'From: ')],
  ['deep comments that end', (size) => fill(size, '((((((((((((()', 'From: ')],
  ['comments before a type', (size) => fill(size, '(', 'Content-Type: ')],
  ['parameters without names', (size) => fill(size, '=', 'Content-Type: text/plain; ')],
  ['quotes', (size) => fill(size, '"', 'From: ')],
  ['quoted pairs', (size) => fill(size, '\\"', 'From: "')],
  ['quoted pairs in a comment', (size) => fill(size, '\\(', 'From: (')],
  ['words', (size) => fill(size, 'a ', 'From: ')],
  ['dots', (size) => fill(size, '. ', 'From: ')],
  ['ats', (size) => fill(size, '@', 'From: ')],
  ['a route', (size) => fill(size, '@a,', 'From: <')],
  ['group names', (size) => fill(size, 'a:', 'To: ')],
  ['groups that end', (size) => fill(size, 'a:;', 'To: ')],
  ['angle brackets', (size) => fill(size, '<', 'To: ')],
  ['opened addresses', (size) => fill(size, '<,', 'To: ')],
  ['domain literals', (size) => fill(size, 'a@[', 'To: ')],
  ['address list', (size) => fill(size, '"Some One" <someone@example.test>, ', 'To: ')],
  ['names of eight bits', (size) => fill(size, '\xe4 <a@b>, ', 'To: ')],
  ['many To fields', (size) => fill(size, 'To: a@b\r\n')],
  ['references', (size) => fill(size, '<a@b> ', 'References: ')],
  ['opened references', (size) => fill(size, '<', 'References: ')],
  ['quotes in references', (size) => fill(size, '"', 'References: ')],
  ['languages', (size) => fill(size, 'a,', 'Content-Language: ')],
  ['comments in languages', (size) => fill(size, '(,', 'Content-Language: ')],
  ['a line of blanks', (size) => fill(size, ' ', 'Subject: x')],
  ['blanks before a colon', (size) => fill(size, ' ', 'Subject')],
  ['lines that are no fields', (size) => fill(size, 'x\r\n')],
  ['carriage returns', (size) => fill(size, '\r', 'Subject: x')],
  ['folding', (size) => fill(size, '\n ', 'Content-Type: x')],
  [
    'all fields of many parts',
    (size) =>
      fill(
        size,
        '--b\r\nContent-Type: a/b;c=d\r\nContent-ID: x\r\nContent-Disposition: x; a=b\r\nContent-Language: a, b, c\r\n\r\n',
        MIXED,
      ),
  ],
  ['headers cut off by delimiters', (size) => fill(size, '--b\r\nA: b\r\n', MIXED)],
  ['a digest', (size) => fill(size, '--b\r\n\r\nSubject: x\r\n\r\n', 'Content-Type: multipart/digest; boundary=b\r\n\r\n')],
  ['text parts', (size) => fill(size, '--b\r\nContent-Type: text/html\r\n\r\nabc\r\n', MIXED)],
  ['base64', (size) => fill(size, 'A'.repeat(76) + '\r\n', 'Content-Type: application/pdf\r\n\r\n')],
  ['base64 in a multipart', (size) => fill(size, 'A'.repeat(76) + '\r\n', MIXED + '--b\r\nContent-Type: application/pdf\r\n\r\n')],
  [
    'lines as long as the longest boundary',
    (size) => fill(size, `--${'c'.repeat(990)}\n`, `Content-Type: multipart/mixed; boundary=${'b'.repeat(990)}\n\n`),
  ],
  ['words as long as open boundaries', (size) => grow(size, (i) => `--${'x'.repeat(1 + (i % 70))} y\r\n`, BOUNDARIES)],
  [
    'addresses of many messages',
    (size) => fill(size, `--b\r\nContent-Type: message/rfc822\r\n\r\nTo: ${'"a\\b" (c) d <e@f>, '.repeat(500)}\r\n\r\n`, MIXED),
  ],
  ['quotes of many parts', (size) => fill(size, `--b\r\nContent-Disposition: a; b="${'\\"'.repeat(5_000)}\r\n\r\n`, MIXED)],
]
