/** Binary messages as a client sends them (RFC 3030). `binary-mime.wire` beside this holds the octets of `session()`. */

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')

/** What a server that is not careful takes for something else. */
export const CONTENTS: readonly Buffer[] = [
  Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256)),
  octets('\r\n.\r\nQUIT\r\nBDAT 5 LAST\r\n.'),
  octets('\n.\n\r.\r\n--\r\n--binary\r\n--binary-\0--\r\n'),
  Buffer.alloc(3000, 'x'),
  Buffer.alloc(57, 0),
  octets('\r'),
  octets('\n'),
  octets(''),
]

const BOUNDARY = 'binary-mime-boundary'

/** A message with each content as a binary part of its own, and once more in a message within. */
export function message(contents: readonly Buffer[] = CONTENTS): Buffer {
  const part = (content: Buffer): Buffer[] => [
    octets(`--${BOUNDARY}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n`),
    content,
    octets('\r\n'),
  ]
  const within = octets(`--${BOUNDARY}\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\nSubject: within\r\n`)
  return Buffer.concat([
    octets(`From: generator@far.example\r\nSubject: binary\r\nMIME-Version: 1.0\r\n`),
    octets(`Content-Type: multipart/mixed; boundary=${BOUNDARY}\r\nContent-Transfer-Encoding: binary\r\n\r\nPreamble\r\n`),
    octets(`--${BOUNDARY}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n`),
    ...contents.flatMap(part),
    ...contents.flatMap((content) => [within, octets('Content-Transfer-Encoding: binary\r\n\r\n'), content, octets('\r\n')]),
    octets(`--${BOUNDARY}--\r\nEpilogue\r\n`),
  ])
}

/** The message in chunks of these sizes, the sizes beginning anew when they are used up; the last one is empty. */
export function chunks(of: Buffer, sizes: readonly number[]): Buffer {
  const sent: Buffer[] = []
  for (let at = 0, turn = 0; at < of.length; turn++) {
    const piece = of.subarray(at, at + (sizes[turn % sizes.length] ?? of.length))
    sent.push(octets(`BDAT ${piece.length}\r\n`), piece)
    at += piece.length
  }
  return Buffer.concat([...sent, octets('BDAT 0 LAST\r\n')])
}

/** All that a client sends which does not wait for answers. */
export function session(of = message(), sizes: readonly number[] = [1, 2, 509, 0, 97]): Buffer {
  const opening = 'EHLO generator.example\r\nMAIL FROM:<generator@far.example> BODY=BINARYMIME\r\nRCPT TO:<ann@example.org>\r\n'
  return Buffer.concat([octets(opening), chunks(of, sizes), octets('QUIT\r\n')])
}
