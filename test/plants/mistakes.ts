/** A mistake in a source of the server: a text of it, and what stands there instead. */
export interface Mistake {
  /** From the root of the repository. */
  readonly file: string
  readonly text: string
  readonly instead: string
}

const PRELOAD = new URL('./preload.ts', import.meta.url).href

/** What a server's environment has to hold so that it makes the mistakes, and loads `modules` first. */
export function mistaken(mistakes: readonly Mistake[], ...modules: readonly string[]): Record<string, string> {
  const imports = [...(mistakes.length > 0 ? [PRELOAD] : []), ...modules]
  return {
    MAILSTEAD_MISTAKES: JSON.stringify(mistakes),
    NODE_OPTIONS: [process.env['NODE_OPTIONS'] ?? '', ...imports.map((url) => `--import ${url}`)].join(' ').trim(),
  }
}
