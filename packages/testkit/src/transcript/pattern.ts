import type { ExpectedLine } from './parse.ts'

/**
 * Text on both sides is compared as octets in a string, one character an octet ("binary"), so that any octet can be
 * written and none is lost in decoding.
 */
export type Octets = string

export interface PatternOptions {
  readonly variables: Map<string, Octets>
  /** A recorded file: braces count only as `{*}` or around a known variable. */
  readonly recorded: boolean
}

type Part =
  | { readonly kind: 'text'; readonly octets: Octets }
  | { readonly kind: 'any' }
  | { readonly kind: 'variable'; readonly name: string; readonly regex: string }

const VARIABLE = /^([A-Za-z][A-Za-z0-9_]*)(?::(.+))?$/s
const REPEAT = /^repeat (\d+) (.+)$/s
const ESCAPES: Record<string, string> = { r: '\r', n: '\n', t: '\t', s: ' ', '0': '\0', '\\': '\\' }

/** UTF-8 text of the file as octets. */
export const toOctets = (text: string): Octets => Buffer.from(text, 'utf8').toString('latin1')

/** `\r \n \t \s \0 \xHH \\`. An unknown escape throws. */
function unescape(text: string): Octets {
  return toOctets(text).replace(/\\(x[0-9a-fA-F]{2}|.)/gs, (whole, code: string) => {
    if (code.length === 3) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    const octet = ESCAPES[code]
    if (octet === undefined) throw new Error(`unknown escape ${whole}`)
    return octet
  })
}

/** What a C: line sends, without a line end. Throws when it names an unknown variable. */
export function fill(line: ExpectedLine, options: PatternOptions): Octets {
  let octets = ''
  for (const part of parts(line, options)) {
    if (part.kind === 'text') octets += part.octets
    else if (part.kind === 'any') octets += '{*}'
    else {
      const value = options.variables.get(part.name)
      if (value === undefined) throw new Error(`{${part.name}} has no value yet`)
      octets += value
    }
  }
  return octets
}

/**
 * Whether `octets` is the line; the variables seen for the first time are then set. A variable matches a run of
 * non-space octets unless it brings its own expression, and must be the same wherever it is used again.
 */
export function matches(line: ExpectedLine, octets: Octets, options: PatternOptions): boolean {
  const fresh: string[] = []
  let source = ''
  for (const part of parts(line, options)) {
    if (part.kind === 'text') source += literally(part.octets)
    else if (part.kind === 'any') source += '.*'
    else {
      const known = options.variables.get(part.name)
      if (known !== undefined) source += literally(known)
      else if (fresh.includes(part.name)) source += `\\k<${part.name}>`
      else {
        fresh.push(part.name)
        source += `(?<${part.name}>${part.regex})`
      }
    }
  }
  const groups = new RegExp(`^${source}$`, 's').exec(octets)?.groups
  if (groups === undefined) return fresh.length === 0 && new RegExp(`^${source}$`, 's').test(octets)
  for (const name of fresh) options.variables.set(name, groups[name] ?? '')
  return true
}

const literally = (octets: Octets): string => octets.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** `{` before anything but a name, `*` or `repeat` is a plain brace, so `{12}` and `{12+}` of IMAP need no escape; `{{` is one brace. */
function parts({ text, raw }: ExpectedLine, { variables, recorded }: PatternOptions): Part[] {
  const decode = raw ? unescape : toOctets
  const found: Part[] = []
  let plain = ''
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '{') {
      plain += text[at]
      continue
    }
    if (!recorded && text[at + 1] === '{') {
      plain += '{'
      at++
      continue
    }
    const end = closing(text, at)
    const part = end === -1 ? undefined : special(text.slice(at + 1, end), decode)
    const counts = part !== undefined && (!recorded || part.kind === 'any' || (part.kind === 'variable' && variables.has(part.name)))
    if (!counts) {
      plain += '{'
      continue
    }
    found.push({ kind: 'text', octets: decode(plain) }, part)
    plain = ''
    at = end
  }
  found.push({ kind: 'text', octets: decode(plain) })
  return found
}

function special(inner: string, decode: (text: string) => Octets): Part | undefined {
  if (inner === '*') return { kind: 'any' }
  const repeat = REPEAT.exec(inner)
  if (repeat !== null) return { kind: 'text', octets: decode(repeat[2] ?? '').repeat(Number(repeat[1])) }
  const variable = VARIABLE.exec(inner)
  if (variable === null) return undefined
  return { kind: 'variable', name: variable[1] ?? '', regex: variable[2] === undefined ? '[^ ]+?' : `(?:${variable[2]})` }
}

/** The `}` that closes the `{` at `open`, or -1. */
function closing(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at
  }
  return -1
}
