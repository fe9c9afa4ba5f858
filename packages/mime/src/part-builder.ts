import type { PartHeader } from './part-header.ts'
import type { Part } from './part.ts'

/** A part while its end is not yet known. */
export interface PartBuilder extends Part {
  kind: Part['kind']
  type: string
  subtype: string
  charset: string
  encoding: string
  body: number
  end: number
  lines: number
  children: PartBuilder[]
  /** Levels below the root. */
  depth: number
  /** The header of a whole message, not of a part: it has an ENVELOPE. */
  isMessage: boolean
  inDigest: boolean
  boundary: string | undefined
  /** Line feeds before the body. */
  linesBefore: number
  front: string
  extension: string
  extensionFirst: string
  envelope: string
}

export function newPart(header: number, depth: number, isMessage: boolean, inDigest: boolean): PartBuilder {
  return {
    kind: 'leaf',
    type: 'text',
    subtype: 'plain',
    charset: '',
    encoding: '7bit',
    header,
    body: header,
    end: header,
    lines: 0,
    children: [],
    depth,
    isMessage,
    inDigest,
    boundary: undefined,
    linesBefore: 0,
    front: '',
    extension: '',
    extensionFirst: '',
    envelope: '',
  }
}

export function takeHeader(part: PartBuilder, header: PartHeader): void {
  part.type = header.type
  part.subtype = header.subtype
  part.charset = header.charset
  part.encoding = header.encoding
  part.boundary = header.boundary
  part.front = header.front
  part.extension = header.extension
  part.extensionFirst = header.extensionFirst
}

/** Beyond a limit: octets of no known type, so that no client expects what is not there. */
export function makeOpaque(part: PartBuilder): void {
  part.kind = 'opaque'
  part.type = 'application'
  part.subtype = 'octet-stream'
  part.charset = ''
  part.boundary = undefined
  part.front = '"APPLICATION" "OCTET-STREAM" NIL NIL NIL "7BIT"'
  part.extension = 'NIL NIL NIL'
  part.extensionFirst = 'NIL'
}
