import type { ImapValue } from '@mailstead/testkit'

/** A BODYSTRUCTURE, taken apart by the grammar of RFC 9051 section 9 and by nothing else. */
export type Body =
  | { readonly kind: 'multipart'; readonly children: readonly Body[]; readonly boundary: string | undefined }
  | { readonly kind: 'message'; readonly size: number; readonly lines: number; readonly message: Body; readonly encoding: string }
  | { readonly kind: 'leaf'; readonly size: number; readonly lines: number | undefined; readonly encoding: string }

/** A section number and the body that it names; of a message that is no multipart, part 1 is the message's own body. */
export interface Numbered {
  readonly number: string
  readonly body: Body
}

export function readBody(value: ImapValue): Body {
  if (!Array.isArray(value)) throw new Error('a body is no list')
  const items = value as readonly ImapValue[]
  if (Array.isArray(items[0])) {
    const count = items.findIndex((item) => !Array.isArray(item))
    if (items.length < count + 5) throw new Error('a multipart without its extension data')
    return { kind: 'multipart', children: items.slice(0, count).map(readBody), boundary: parameterOf(items[count + 1] ?? null, 'boundary') }
  }
  const type = `${text(items[0])}/${text(items[1])}`.toLowerCase()
  const size = number(items[6])
  const encoding = text(items[5]).toLowerCase()
  const isMessage = type === 'message/rfc822' || type === 'message/global'
  const own = isMessage ? 3 : type.startsWith('text/') ? 1 : 0
  if (items.length !== 7 + own + 4) throw new Error(`${type} has ${items.length} items`)
  if (isMessage) {
    if (!Array.isArray(items[7]) || items[7].length !== 10) throw new Error('a message without its envelope')
    return { kind: 'message', size, lines: number(items[9]), message: readBody(items[8] ?? null), encoding }
  }
  return { kind: 'leaf', size, lines: own === 1 ? number(items[7]) : undefined, encoding }
}

function text(value: ImapValue | undefined): string {
  if (typeof value !== 'string') throw new Error(`no string: ${JSON.stringify(value)}`)
  return value
}

function number(value: ImapValue | undefined): number {
  if (!/^\d+$/.test(text(value))) throw new Error(`no number: ${JSON.stringify(value)}`)
  return Number(value)
}

function parameterOf(parameters: ImapValue, name: string): string | undefined {
  if (!Array.isArray(parameters)) return undefined
  const at = (parameters as readonly ImapValue[]).findIndex((item, index) => index % 2 === 0 && text(item).toLowerCase() === name)
  return at < 0 ? undefined : text((parameters as readonly ImapValue[])[at + 1])
}

/** All part numbers of a message, outer ones first (RFC 9051 section 6.4.5.1). */
export function* numbered(body: Body, prefix = ''): Generator<Numbered> {
  const children = body.kind === 'multipart' ? body.children : [body]
  for (const [index, child] of children.entries()) {
    const number = `${prefix}${index + 1}`
    yield { number, body: child }
    if (child.kind === 'multipart') yield* numbered(child, `${number}.`)
    if (child.kind === 'message') yield* numbered(child.message, `${number}.`)
  }
}
