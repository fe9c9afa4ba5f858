import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseAddressList, type AddressListItem } from '../src/index.ts'
import { scan, text } from './scan.ts'

const at = (local: string, domain: string, name?: string, route?: string): AddressListItem => ({
  kind: 'mailbox',
  name,
  route,
  local,
  domain,
})
const group = (name: string): AddressListItem => ({ kind: 'group', name })
const end: AddressListItem = { kind: 'group-end' }

const lists: [text: string, items: AddressListItem[]][] = [
  ['', []],
  [' , ,, ', []],
  ['a@b', [at('a', 'b')]],
  ['a@b, c@d', [at('a', 'b'), at('c', 'd')]],
  ['Ann Example <a@b>', [at('a', 'b', 'Ann Example')]],
  ['"Ann, \\"E\\\\\\"" <a@b>', [at('a', 'b', 'Ann, "E\\"')]],
  ['Ann "E." X <a@b>', [at('a', 'b', 'Ann E. X')]],
  ['J. R. Ewing <j@b>', [at('j', 'b', 'J. R. Ewing')]],
  ['"" <a@b>', [at('a', 'b', '')]],
  ['<a@b>', [at('a', 'b')]],
  ['a@b (Ann (the) \\) E)', [at('a', 'b', 'Ann (the) ) E')]],
  ['a@b ( Ann\t)', [at('a', 'b', 'Ann')]],
  // An à in UTF-8 ends with an octet that is a blank elsewhere.
  ['a@b (Nicol\xc3\xa0 )', [at('a', 'b', 'Nicol\xc3\xa0')]],
  ['(x) a (y) @ (z) b', [at('a', 'b', 'z')]],
  ['Ann (c) <a@b> (d)', [at('a', 'b', 'Ann')]],
  ['<a@b> (d)', [at('a', 'b', 'd')]],
  ['"a b"@c', [at('a b', 'c')]],
  ['a . b @ c . d', [at('a.b', 'c.d')]],
  ['"a".b@c', [at('a.b', 'c')]],
  ['a@[192.0.2.1]', [at('a', '[192.0.2.1]')]],
  ['a@[IPv6:2001:db8::1], c@d', [at('a', '[IPv6:2001:db8::1]'), at('c', 'd')]],
  ['<@x,@y:a@b>', [at('a', 'b', undefined, '@x,@y')]],
  ['Ann <@x , , @y : a@b>', [at('a', 'b', 'Ann', '@x,@y')]],
  ['Friends: a@b, Carl <c@d>;', [group('Friends'), at('a', 'b'), at('c', 'd', 'Carl'), end]],
  ['undisclosed-recipients:;', [group('undisclosed-recipients'), end]],
  ['"Two words" : ; , x@y', [group('Two words'), end, at('x', 'y')]],
  ['G: a@b', [group('G'), at('a', 'b'), end]],
  ['G: a@b; H: c@d;', [group('G'), at('a', 'b'), end, group('H'), at('c', 'd'), end]],
  ['A: B: c@d;', [group('A'), at('c', 'd'), end]],
  [';', []],
  ['=?utf-8?Q?=C3=A4?= <a@b>', [at('a', 'b', '=?utf-8?Q?=C3=A4?=')]],
  ['\xe4 <\xf6@b>', [at('\xf6', 'b', '\xe4')]],
  ['postmaster', [at('postmaster', '')]],
  ['Ann Example', [at('', '', 'Ann Example')]],
  ['Ann Example (c), "B" C', [at('', '', 'Ann Example'), at('', '', 'B C')]],
  ['Ann E. Example a . b@c', [at('a.b', 'c', 'Ann E. Example')]],
  ['"Ann E" "a b"@c (d)', [at('a b', 'c', 'Ann E')]],
  ['<Ann . X a@b>', [at('Ann . X a', 'b')]],
  ['"Ann"a@b', [at('a', 'b', 'Ann')]],
  ['"Ann Example", "Ann"', [at('', '', 'Ann Example'), at('Ann', '')]],
  ['<Ann Example>', [at('Ann Example', '')]],
  ['<>', []],
  ['Ann <>', [at('', '', 'Ann')]],
  ['Ann <a@b', [at('a', 'b', 'Ann')]],
  ['Ann <a@b, c@d', [at('a', 'b', 'Ann'), at('c', 'd')]],
  ['a@b <c@d>', [at('c', 'd', 'a@b')]],
  ['a@b c@d', [at('a', 'b'), at('c', 'd')]],
  ['a@b@c', [at('a', 'b@c')]],
  ['@b', [at('', 'b')]],
  ['a@', [at('a', '')]],
  ['a>, b)', [at('a', ''), at('b', '')]],
  ['"open <a@b>', [at('', '', 'open <a@b>')]],
  ['a@b (open', [at('a', 'b', 'open')]],
  ['a@[open', [at('a', '[open')]],
  ['<<a@b>>', [at('a', 'b')]],
]
describe('parseAddressList', () => {
  for (const [list, items] of lists) test(JSON.stringify(list), () => assert.deepEqual(parseAddressList(list), items))
})

const A = '((NIL NIL "a" "b"))'
const envelopes: [name: string, header: string, envelope: string][] = [
  ['nothing', '', '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'],
  ['Sender and Reply-To default to From', 'From: a@b\r\n', `(NIL NIL ${A} ${A} ${A} NIL NIL NIL NIL NIL)`],
  ['empty Sender and Reply-To too', 'From: a@b\r\nSender:\r\nReply-To: \r\n', `(NIL NIL ${A} ${A} ${A} NIL NIL NIL NIL NIL)`],
  ['empty lists are NIL, empty strings are not', 'Subject:\r\nTo:\r\nCc: ,\r\n', '(NIL "" NIL NIL NIL NIL NIL NIL NIL NIL)'],
  ['unfolding', 'Subject: a\r\n b\r\n\t c \r\n', '(NIL "a b\t c" NIL NIL NIL NIL NIL NIL NIL NIL)'],
  ['quoting', 'Subject: "a" \\ b\r\n', '(NIL "\\"a\\" \\\\ b" NIL NIL NIL NIL NIL NIL NIL NIL)'],
  ['eight bits go as literal', 'Subject: \xc3\xa4\r\n', '(NIL {2}\r\n\xc3\xa4 NIL NIL NIL NIL NIL NIL NIL NIL)'],
  ['a bare CR goes as literal', 'Subject: a\rb\r\n', '(NIL {3}\r\na\rb NIL NIL NIL NIL NIL NIL NIL NIL)'],
  ['NUL goes nowhere', 'Subject: a\0b\r\n', '(NIL "a?b" NIL NIL NIL NIL NIL NIL NIL NIL)'],
  ['encoded words stay', 'Subject: =?utf-8?B?w6Q=?=\r\n', '(NIL "=?utf-8?B?w6Q=?=" NIL NIL NIL NIL NIL NIL NIL NIL)'],
  [
    'the first of a repeated field',
    'Subject: a\r\nSubject: b\r\nFrom: a@b\r\nFrom: c@d\r\n',
    `(NIL "a" ${A} ${A} ${A} NIL NIL NIL NIL NIL)`,
  ],
  ['repeated To add up', 'To: a@b\r\nTo: c@d\r\n', '(NIL NIL NIL NIL NIL ((NIL NIL "a" "b")(NIL NIL "c" "d")) NIL NIL NIL NIL)'],
  ['groups', 'To: G: a@b;\r\n', '(NIL NIL NIL NIL NIL ((NIL NIL "G" NIL)(NIL NIL "a" "b")(NIL NIL NIL NIL)) NIL NIL NIL NIL)'],
  ['no host is empty, not NIL', 'Cc: root\r\n', '(NIL NIL NIL NIL NIL NIL ((NIL NIL "root" "")) NIL NIL NIL)'],
  ['route', 'Bcc: X <@r:a@b>\r\n', '(NIL NIL NIL NIL NIL NIL NIL (("X" "@r" "a" "b")) NIL NIL)'],
  [
    'all, any case, blanks before the colon',
    'DATE : Mon\r\nsubject: s\r\nFrom: a@b\r\nSender: c@d\r\nReply-To: e@f\r\nTo: g@h\r\nCC: i@j\r\nBcc: k@l\r\nIn-Reply-To: <x>\r\nMessage-ID: <y>\r\n',
    `("Mon" "s" ${A} ((NIL NIL "c" "d")) ((NIL NIL "e" "f")) ((NIL NIL "g" "h")) ((NIL NIL "i" "j")) ((NIL NIL "k" "l")) "<x>" "<y>")`,
  ],
]
describe('ENVELOPE', () => {
  for (const [name, header, envelope] of envelopes) {
    test(name, () => assert.equal(text(scan(`${header}\r\n`).envelope), envelope))
  }
})
