import { asciiField } from '../downgrade/field.ts'
import { makeField, readHeader, writeHeader, type HeaderField } from '../header.ts'
import type { Edit } from './edits.ts'
import { encoded } from './encoders.ts'
import { CannotReencode, type ReencodeRule } from './rules.ts'
import { gather, octetsOf, type Pause, type Reading } from './work.ts'

/** The message with its edits. Throws `CannotReencode` where what stays is not as the rule wants it. */
export async function* written(work: Reading & { readonly rule: ReencodeRule }, edits: readonly Edit[]): AsyncGenerator<Uint8Array> {
  const { source, rule, pause } = work
  let at = 0
  let check = rule.check()
  const seen = (octets: Uint8Array): Uint8Array => {
    check.push(octets)
    return octets
  }
  for (const edit of edits) {
    for await (const octets of octetsOf(work, at, edit.start)) yield seen(octets)
    const octets = octetsOf(work, edit.start, edit.end)
    if (edit.what === 'header') yield seen(await rewritten(await gather(octets), edit, rule, pause))
    else {
      if (check.broken) throw new CannotReencode('malformed')
      check = rule.check()
      yield* encoded(octets, edit.encoding, edit.endsLine)
    }
    at = edit.end
  }
  for await (const octets of octetsOf(work, at, source.size)) yield seen(octets)
  if (check.broken) throw new CannotReencode('malformed')
}

async function rewritten(header: Uint8Array, edit: Edit & { what: 'header' }, rule: ReencodeRule, pause: Pause): Promise<Uint8Array> {
  let fields = readHeader(header)
  const ending = header.subarray(fields.reduce((sum, { raw }) => sum + raw.length, 0))
  if (edit.inAscii) fields = await inAscii(fields, rule.sevenBits?.unknown === true, pause)
  if (edit.encoding !== undefined) fields = withEncoding(fields, edit.encoding)
  // RFC 2045 section 4: without it an encoding means nothing.
  const isCoded = edit.encoding === 'base64' || edit.encoding === 'quoted-printable'
  if (rule.sevenBits !== undefined && edit.isMessage && isCoded && !fields.some(({ name }) => isName(name, 'mime-version')))
    fields.push(makeField('MIME-Version', '1.0'))
  return Buffer.concat([writeHeader(fields), ending])
}

async function inAscii(fields: readonly HeaderField[], unknown: boolean, pause: Pause): Promise<HeaderField[]> {
  const out: HeaderField[] = []
  for (const field of fields) {
    const raw = asciiField(field.raw, unknown)
    if (raw === undefined) throw new CannotReencode('address')
    if (raw !== field.raw) await pause()
    out.push({ ...field, raw })
  }
  return out
}

/** The fields with this Content-Transfer-Encoding in the place of the first one, and without others. */
function withEncoding(fields: readonly HeaderField[], encoding: string): HeaderField[] {
  const field = makeField('Content-Transfer-Encoding', encoding)
  const place = fields.findIndex(({ name }) => isName(name, 'content-transfer-encoding'))
  const kept = fields.filter(({ name }, index) => index === place || !isName(name, 'content-transfer-encoding'))
  return place === -1 ? [...kept, field] : kept.with(place, field)
}

const isName = (name: string, wanted: string): boolean => name.toLowerCase() === wanted
