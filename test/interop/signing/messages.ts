/** Messages to be signed: of every kind that canonicalisation may stumble over, and real mail where there is some. */
import { corpusFolder, corpusMessages, type Random } from '@mailstead/testkit'

export interface Unsigned {
  readonly name: string
  readonly octets: Buffer
}

const HEADER = [
  'Received: by mail.example.org with ESMTPSA id 1; Fri, 1 Jan 2027 00:00:00 +0000',
  'From: Ann <ann@example.org>',
  'To: Ben <ben@example.net>',
  'Date: Fri, 1 Jan 2027 00:00:00 +0000',
  'Message-ID: <1@example.org>',
]

const KINDS: Readonly<Record<string, readonly [header: readonly string[], body: string]>> = {
  plain: [[], 'Hi.\r\n\r\nWe lost the game.\r\n'],
  'no body': [[], ''],
  'empty lines': [[], '\r\n\r\n\r\n'],
  'white space': [['Subject:  a \t b  ', 'Comments: '], ' a  b\t\r\n\tc \r\n \t\r\n\r\nd\r\n \r\n\r\n'],
  dots: [[], '.\r\n..\r\n.a\r\n'],
  folded: [['Subject: a', ' b', '\tc', 'References: <a@b>', ' <c@d>', ' <e@f>'], 'x\r\n'],
  'folded at once': [['Subject:', ' a'], 'x\r\n'],
  'many fields': [[...Array.from({ length: 200 }, (_, i) => `X-${i}: ${i}`), 'Cc: a@b.example', 'Reply-To: c@d.example'], 'x\r\n'],
  list: [
    [
      'List-Id: <a.example.org>',
      'List-Unsubscribe: <https://example.org/u>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'List-Help: <a>',
      'List-Help: <b>',
    ],
    'x\r\n',
  ],
  mime: [['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary="b"'], '--b\r\n\r\ntext\r\n--b\r\n\r\nmore\r\n--b--\r\n'],
  'eight bits': [['Subject: Grüße'], 'привет  \r\n'],
  'long lines': [[`Subject: ${'long '.repeat(180)}`], `${'x'.repeat(998)}\r\n`],
  resent: [['Resent-From: ann@example.org', 'Resent-To: cas@example.net', 'Resent-Date: Fri, 1 Jan 2027 00:00:00 +0000'], 'x\r\n'],
  'signed before': [['DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=x; h=from; bh=AAAA; b=AAAA'], 'x\r\n'],
  'a million octets': [[], 'A line of text,  and more of it.\r\n'.repeat(31_000)],
}

/** As submission leaves messages: CRLF ends every line, and there is no other CR or LF. */
export function* unsignedMessages(random: Random, share: number): Generator<Unsigned> {
  for (const [name, [header, body]] of Object.entries(KINDS))
    yield { name, octets: Buffer.from([...HEADER, ...header, '', body].join('\r\n')) }
  const folder = corpusFolder()
  if (folder === undefined) return
  for (const { name, octets } of corpusMessages(folder)) {
    if (octets.length > 300_000 || !random.chance(share)) continue
    const text = `${octets.toString('latin1')}\n`.replaceAll(/\r\n|\r|\n/g, '\r\n')
    // Every verifier has a header of its own where a line is no field, or an octet is NUL; each wants an author. libopendkim reads 64 KiB of header, and
    // nothing where one of the other signatures is malformed; a chain would be sealed as broken.
    const header = /^(?:[A-Za-z0-9-]+:[^\r\0]*\r\n(?:[ \t][^\r\0]*\r\n)*)+(?=\r\n)/.exec(text)?.[0]
    if (header === undefined || header.length > 60_000) continue
    if (/^from:/im.test(header) && !/^(?:arc|dkim)-/im.test(header) && !text.includes('\0'))
      yield { name, octets: Buffer.from(text, 'latin1') }
  }
}

/** What no signature may outlive. */
export const CHANGES: Readonly<Record<string, (message: string) => string>> = {
  'another body': (message) => message.replace('\r\n\r\n', '\r\n\r\nP.S.\r\n'),
  'another date': (message) => message.replace(/\r\nDate:|$/i, '\r\nDate: Fri, 2 Jan 2027 00:00:00 +0000$&'),
  'a second author': (message) => message.replace(/\r\nFrom:/i, '\r\nFrom: eve@example.net$&'),
  'a Reply-To on top': (message) => `Reply-To: eve@example.net\r\n${message}`,
  'a Content-Type on top': (message) => `Content-Type: text/html\r\n${message}`,
}
