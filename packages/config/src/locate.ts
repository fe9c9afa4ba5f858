/**
 * The line of every key in a TOML text, by its path: `limits.message_size` → 12. The parser tells no positions, and
 * an administrator wants the line. The text was parsed before, so only what separates keys from values matters here.
 */
export function locateKeys(toml: string): Map<string, number> {
  const lines = new Map<string, number>()
  const counts = new Map<string, number>()
  let table: readonly string[] = []
  for (const { text, line } of statements(toml)) {
    const header = /^\[(\[?)([^\]]*)\]/.exec(text)
    if (header !== null) {
      table = splitKey(header[2] ?? '')
      if (header[1] === '[') {
        const name = table.join('.')
        const count = counts.get(name) ?? 0
        counts.set(name, count + 1)
        table = [...table.slice(0, -1), `${table.at(-1)}[${count}]`]
      }
      note(table, line)
      continue
    }
    const key = KEY.exec(text)
    if (key !== null) note([...table, ...splitKey(key[1] ?? '')], line)
  }
  return lines

  function note(path: readonly string[], line: number): void {
    const name = path.join('.')
    if (!lines.has(name)) lines.set(name, line)
  }
}

/** A bare or quoted key, or several with dots, before `=`. */
const KEY = /^((?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*'))*)\s*=/

function splitKey(key: string): string[] {
  return [...key.matchAll(/[\w-]+|"((?:[^"\\]|\\.)*)"|'([^']*)'/g)].map((match) => match[1] ?? match[2] ?? match[0])
}

/** Headers and assignments with the number of the line they begin on; lists and long strings may run over many lines. */
function* statements(toml: string): Generator<{ text: string; line: number }> {
  let line = 1
  let start = line
  let text = ''
  let depth = 0
  for (const [token] of toml.matchAll(TOKEN)) {
    if (token === '\n' && depth <= 0) {
      if (text.trim() !== '') yield { text: text.trim(), line: start }
      text = ''
      depth = 0
      start = line + 1
    } else if (!token.startsWith('#')) {
      // A header's brackets are closed on its own line, so depth is 0 again at its end.
      if (token === '[' || token === '{') depth++
      if (token === ']' || token === '}') depth--
      text += token
    }
    line += token.split('\n').length - 1
  }
  if (text.trim() !== '') yield { text: text.trim(), line: start }
}

/** Strings whole, comments whole, everything else one by one. */
const TOKEN = /"""[\s\S]*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[\s\S]/g
