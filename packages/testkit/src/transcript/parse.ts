/**
 * Reads a transcript into steps. Nothing is sent or compared here; see the package's README for the format.
 */
export type Step = Position &
  (
    | { readonly kind: 'send'; readonly client: number; readonly text: string; readonly raw: boolean }
    | { readonly kind: 'expect'; readonly client: number; readonly patterns: readonly ExpectedLine[] }
    | { readonly kind: 'until'; readonly client: number; readonly pattern: ExpectedLine }
    | { readonly kind: 'silence'; readonly client: number; readonly ms: number }
    | { readonly kind: 'closed' | 'close' | 'reset' | 'starttls' | 'connect'; readonly client: number }
    | { readonly kind: 'action'; readonly name: string; readonly argument: string }
  )

interface Position {
  /** Counted from 1. */
  readonly line: number
}

/** One line that the server is to send. `raw`: with escapes. */
export interface ExpectedLine {
  readonly line: number
  readonly text: string
  readonly raw: boolean
}

const LINE = /^([CS])(\d*)(x?)(~?):(?: (.*))?$/
const ACTION = /^! *(\S+) *(.*)$/

export class TranscriptSyntaxError extends Error {
  override name = 'TranscriptSyntaxError'
}

/** `name` stands in the errors: `move.txt:12: …`. */
export function parseTranscript(text: string, name: string): Step[] {
  const steps: Step[] = []
  let unordered: ExpectedLine[] | undefined
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const line = index + 1
    if (content === '' || content.startsWith('#')) continue
    const action = ACTION.exec(content)
    const match = LINE.exec(content)
    if (action !== null) {
      steps.push({ kind: 'action', line, name: action[1] ?? '', argument: action[2] ?? '' })
    } else if (match === null) {
      throw new TranscriptSyntaxError(`${name}:${line}: neither C:, S:, #, ! nor blank: ${content}`)
    } else {
      const client = Number(match[2] === '' ? '1' : match[2])
      const pattern = { line, text: match[5] ?? '', raw: match[3] === 'x' }
      if (match[4] === '~') {
        if (match[1] === 'C') throw new TranscriptSyntaxError(`${name}:${line}: only the server's lines can come in any order`)
        const last = steps.at(-1)
        if (unordered !== undefined && last?.kind === 'expect' && last.client === client) unordered.push(pattern)
        else steps.push({ kind: 'expect', line, client, patterns: (unordered = [pattern]) })
        continue
      }
      steps.push(match[1] === 'C' ? clientStep(client, pattern) : serverStep(client, pattern))
    }
    unordered = undefined
  }
  return steps
}

function clientStep(client: number, { line, text, raw }: ExpectedLine): Step {
  const word = /^<(close|reset|starttls|connect)>$/.exec(text)?.[1]
  if (word !== undefined) return { kind: word as 'close', line, client }
  return { kind: 'send', line, client, text, raw }
}

function serverStep(client: number, pattern: ExpectedLine): Step {
  const { line, text, raw } = pattern
  const silence = /^<silence (\d+) ?ms>$/.exec(text)
  if (silence !== null) return { kind: 'silence', line, client, ms: Number(silence[1]) }
  if (text === '<close>') return { kind: 'closed', line, client }
  const until = /^<until (.*)>$/.exec(text)
  if (until !== null) return { kind: 'until', line, client, pattern: { line, text: until[1] ?? '', raw } }
  return { kind: 'expect', line, client, patterns: [pattern] }
}
