import { toOctets, toText } from './octets.ts'
import type { Part } from './part.ts'
import { RENDERER_VERSION } from './rendered.ts'

const KINDS = ['leaf', 'multipart', 'message', 'opaque'] as const satisfies readonly Part['kind'][]

/** Strings that a number stands for. A change needs a new RENDERER_VERSION. */
const COMMON = [
  '',
  'text',
  'plain',
  'html',
  'multipart',
  'mixed',
  'alternative',
  'related',
  'signed',
  'report',
  'message',
  'rfc822',
  'delivery-status',
  'application',
  'octet-stream',
  'pdf',
  'pgp-signature',
  'image',
  'png',
  'jpeg',
  'gif',
  'calendar',
  '7bit',
  '8bit',
  'base64',
  'quoted-printable',
  'binary',
  'utf-8',
  'UTF-8',
  'us-ascii',
  'US-ASCII',
  'iso-8859-1',
  'ISO-8859-1',
  'iso-8859-15',
  'windows-1252',
]
const CODES = new Map(COMMON.map((text, code) => [text, code]))

/** The part tree as octets: RENDERER_VERSION, then the parts in depth-first order, numbers seven bits an octet. */
export function encodeStructure(root: Part): Uint8Array {
  const octets: number[] = [RENDERER_VERSION]
  let place = 0
  const put = (value: number): void => {
    while (value > 127) {
      octets.push((value % 128) | 128)
      value = Math.floor(value / 128)
    }
    octets.push(value)
  }
  const putText = (text: string): void => {
    const code = CODES.get(text)
    if (code !== undefined) return put(code)
    put(COMMON.length + text.length)
    for (const octet of toOctets(text)) octets.push(octet)
  }
  const putPart = (part: Part): void => {
    put(KINDS.indexOf(part.kind))
    putText(part.type)
    putText(part.subtype)
    putText(part.charset)
    putText(part.encoding)
    put(part.header - place)
    put(part.body - part.header)
    put(part.end - part.body)
    put(part.lines)
    put(part.children.length)
    place = part.header
    for (const child of part.children) putPart(child)
  }
  putPart(root)
  return Uint8Array.from(octets)
}

/** The tree of `encodeStructure`; `undefined` when another version made it, or it is damaged: scan the message again. */
export function decodeStructure(octets: Uint8Array): Part | undefined {
  return decode(octets, true)
}

/** Whether the message has a body at all, from its `encodeStructure`; `undefined` as there. */
export function hasBody(octets: Uint8Array): boolean | undefined {
  const root = decode(octets, false)
  return root === undefined ? undefined : root.body < root.end
}

/** With `deep` all parts, else the root alone. */
function decode(octets: Uint8Array, deep: boolean): Part | undefined {
  if (octets[0] !== RENDERER_VERSION) return undefined
  let at = 1
  let place = 0
  const take = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const octet = octets[at++] ?? Number.NaN
      if (octet < 128) return value + octet * factor
      if (!(octet < 256) || factor > 2 ** 49) throw new RangeError('damaged')
      value += (octet - 128) * factor
    }
  }
  const takeText = (): string => {
    const code = take()
    if (code < COMMON.length) return COMMON[code] ?? ''
    const start = at
    at += code - COMMON.length
    if (at > octets.length) throw new RangeError('damaged')
    return toText(octets, start, at)
  }
  const takePart = (): Part => {
    const kind = KINDS[take()] ?? 'leaf'
    const [type, subtype, charset, encoding] = [takeText(), takeText(), takeText(), takeText()]
    const header = place + take()
    const body = header + take()
    const end = body + take()
    const lines = take()
    const children: Part[] = []
    place = header
    for (let count = deep ? take() : 0; count > 0; count--) children.push(takePart())
    return { kind, type, subtype, charset, encoding, header, body, end, lines, children }
  }
  try {
    return takePart()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
