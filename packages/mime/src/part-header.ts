import { parameter, parseContentType, parseParameterized, type Parameter } from './content.ts'
import { extendedParameter } from './extended-parameters.ts'
import { unfold, type FieldSpan } from './header.ts'
import { imapNstring, imapString } from './imap-string.ts'
import { skipComments } from './lexer.ts'
import { MAX_BOUNDARY } from './limits.ts'
import { toText, trimBlanksEnd } from './octets.ts'

/** What a part's header says about its body, with the pieces of BODYSTRUCTURE that come from it. */
export interface PartHeader {
  readonly type: string
  readonly subtype: string
  readonly charset: string
  readonly encoding: string
  /** Of a multipart that can be taken apart. */
  readonly boundary: string | undefined
  /** `media-basic SP body-fields` up to and without the octets; of a multipart its subtype. */
  readonly front: string
  /** Extension data, without the MD5 of single parts: `body-fld-dsp SP body-fld-lang SP body-fld-loc`. */
  readonly extension: string
  /** `body-fld-md5` of a single part, `body-fld-param` of a multipart. */
  readonly extensionFirst: string
}

const NAMES = new Set([
  'content-type',
  'content-transfer-encoding',
  'content-id',
  'content-description',
  'content-disposition',
  'content-language',
  'content-location',
  'content-md5',
])

const DEFAULT_EXTENSION = 'NIL NIL NIL'

/** RFC 2045 section 5.2, and RFC 2046 section 5.1.5 in a digest. */
const TEXT_PLAIN: PartHeader = {
  type: 'text',
  subtype: 'plain',
  charset: '',
  encoding: '7bit',
  boundary: undefined,
  front: '"TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT"',
  extension: DEFAULT_EXTENSION,
  extensionFirst: 'NIL',
}

export function readPartHeader(text: string, spans: readonly FieldSpan[], inDigest: boolean): PartHeader {
  let fields: Map<string, string> | undefined
  for (const span of spans) {
    if (!span.name.startsWith('content-') || !NAMES.has(span.name)) continue
    fields ??= new Map()
    if (!fields.has(span.name)) fields.set(span.name, unfold(text, span.value, span.end))
  }
  if (fields === undefined && !inDigest) return TEXT_PLAIN
  return describe(fields ?? new Map(), inDigest)
}

function describe(fields: ReadonlyMap<string, string>, inDigest: boolean): PartHeader {
  const content = parseContentType(fields.get('content-type') ?? '')
  let { media } = content
  if (media === undefined && inDigest && !fields.has('content-type')) media = { type: 'MESSAGE', subtype: 'RFC822' }
  // RFC 2046 section 5.1: a multipart needs its boundary; without one it is what an unreadable type is, text/plain.
  const isMultipart = media?.type.toLowerCase() === 'multipart'
  const boundary = isMultipart ? readBoundary(content.parameters) : undefined
  if (media === undefined || (isMultipart && boundary === undefined)) media = { type: 'TEXT', subtype: 'PLAIN' }
  const type = media.type.toLowerCase()
  const encoding = readToken(fields.get('content-transfer-encoding')) || '7BIT'
  const front =
    type === 'multipart'
      ? imapString(media.subtype)
      : `${imapString(media.type)} ${imapString(media.subtype)} ${renderParameters(content.parameters, type === 'text')} ` +
        `${imapNstring(fields.get('content-id'))} ${imapNstring(fields.get('content-description'))} ${imapString(encoding)}`
  return {
    type,
    subtype: media.subtype.toLowerCase(),
    charset: readParameter(content.parameters, 'charset') ?? '',
    encoding: encoding.toLowerCase(),
    boundary,
    front,
    extension: renderExtension(fields),
    extensionFirst: type === 'multipart' ? renderParameters(content.parameters, false) : imapNstring(fields.get('content-md5')),
  }
}

/** RFC 2046 section 5.1.1: no boundary ends with white space. */
function readBoundary(parameters: readonly Parameter[]): string | undefined {
  const boundary = trimBlanksEnd(readParameter(parameters, 'boundary') ?? '')
  return boundary === '' || boundary.length > MAX_BOUNDARY ? undefined : boundary
}

/** Its octets, also when it is written in the ways of RFC 2231. */
function readParameter(parameters: readonly Parameter[], name: string): string | undefined {
  const plain = parameter(parameters, name)
  if (plain !== undefined) return plain
  const extended = extendedParameter(parameters, name)
  return extended === undefined ? undefined : toText(extended.octets)
}

function readToken(value: string | undefined): string {
  if (value === undefined) return ''
  const start = skipComments(value, 0)
  const match = /^"?([^\s;()"]+)/.exec(value.slice(start, start + 100))
  return match?.[1] ?? ''
}

/** Text without a charset is US-ASCII (RFC 2045 section 5.2), and clients expect to be told so. */
function renderParameters(parameters: readonly Parameter[], isText: boolean): string {
  let list = ''
  let hasCharset = false
  for (const { name, value } of parameters) {
    list += `${list === '' ? '' : ' '}${imapString(name)} ${imapString(value)}`
    hasCharset ||= isText && /^charset(?:\*|$)/i.test(name)
  }
  if (isText && !hasCharset) list += `${list === '' ? '' : ' '}"CHARSET" "US-ASCII"`
  return list === '' ? 'NIL' : `(${list})`
}

function renderExtension(fields: ReadonlyMap<string, string>): string {
  const disposition = fields.get('content-disposition')
  const language = fields.get('content-language')
  const location = fields.get('content-location')
  if (disposition === undefined && language === undefined && location === undefined) return DEFAULT_EXTENSION
  return `${renderDisposition(disposition)} ${renderLanguage(language)} ${imapNstring(location)}`
}

function renderDisposition(text: string | undefined): string {
  if (text === undefined) return 'NIL'
  const { value, parameters } = parseParameterized(text)
  return value === '' ? 'NIL' : `(${imapString(value)} ${renderParameters(parameters, false)})`
}

/** RFC 3282: language tags, separated by commas. */
function renderLanguage(text: string | undefined): string {
  if (text === undefined) return 'NIL'
  const tags = text
    .split(',')
    .map((tag) => readToken(tag))
    .filter((tag) => tag !== '')
  if (tags.length === 0) return 'NIL'
  return tags.length === 1 ? imapString(tags[0] ?? '') : `(${tags.map(imapString).join(' ')})`
}
