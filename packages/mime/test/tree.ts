import type { Random } from '@mailstead/testkit'

/** A random MIME message and where its parts stand, by construction and not by scanning. */
export interface Grown {
  readonly octets: Buffer
  readonly root: Expected
}

export interface Expected {
  readonly header: number
  readonly body: number
  readonly end: number
  readonly type: string
  readonly children: readonly Expected[]
}

/** `eol` is asked for each line end, so that mixed ones come up. */
export function growMessage(random: Random): Grown {
  const pieces: string[] = []
  let length = 0
  let boundaries = 0
  const style = random.int(3)
  const put = (text: string): void => {
    pieces.push(text)
    length += text.length
  }
  const eol = (): string => (style === 0 || (style === 2 && random.int(2) === 0) ? '\r\n' : '\n')

  const lines = (count: number): void => {
    for (let i = 0; i < count; i++) {
      put(random.pick(['-', '--', '-- ', '', 'text', '\xe4\xff', '\r', '--b', 'x'.repeat(random.int(300))]) + eol())
    }
    if (random.int(2) === 0) put('tail')
  }

  const entity = (depth: number, isMessage: boolean): Expected => {
    const header = length
    if (isMessage) put(`Subject: s${random.int(100)}${eol()} folded${eol()}`)
    const kind = depth > 4 ? 0 : random.int(6)
    if (kind <= 2) return leaf(header)
    if (kind === 3) {
      put(`Content-Type: message/rfc822${eol()}${eol()}`)
      const body = length
      const child = entity(depth + 1, true)
      return { header, body, end: length, type: 'message/rfc822', children: [child] }
    }
    return multipart(header, depth)
  }

  const leaf = (header: number): Expected => {
    const isText = random.int(2) === 0
    if (!isText) put(`Content-Type: application/x-thing; name="a${eol()} b"${eol()}`)
    put(eol())
    const body = length
    lines(random.int(8))
    return { header, body, end: length, type: isText ? 'text/plain' : 'application/x-thing', children: [] }
  }

  const multipart = (header: number, depth: number): Expected => {
    // Boundaries that are prefixes of each other are part of the game.
    const boundary = `b${'='.repeat(boundaries++ % 4)}${boundaries}`
    put(`Content-Type: multipart/mixed; boundary="${boundary}"${eol()}${eol()}`)
    const body = length
    if (random.int(2) === 0) put(`preamble${eol()}`)
    const children: Expected[] = []
    for (let count = 1 + random.int(3); count > 0; count--) {
      if (children.length > 0) put(eol())
      put(`--${boundary}${random.int(3) === 0 ? ' \t' : ''}${eol()}`)
      children.push(entity(depth + 1, false))
    }
    put(`${eol()}--${boundary}--`)
    if (random.int(2) === 0) put(`${eol()}epilogue`)
    return { header, body, end: length, type: 'multipart/mixed', children }
  }

  const root = entity(0, true)
  return { octets: Buffer.from(pieces.join(''), 'latin1'), root }
}
