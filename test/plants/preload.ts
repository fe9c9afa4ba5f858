/**
 * Loaded into a server by `--import`: sources are read with the mistakes that MAILSTEAD_MISTAKES names. A text that is not in its file
 * any more ends the server, so that a mistake never goes missing unseen.
 */
import { registerHooks } from 'node:module'
import type { Mistake } from './mistakes.ts'

const mistakes = JSON.parse(process.env['MAILSTEAD_MISTAKES'] ?? '[]') as Mistake[]

registerHooks({
  load(url, context, nextLoad) {
    const result = nextLoad(url, context)
    const here = mistakes.filter(({ file }) => url.endsWith(`/${file}`))
    if (here.length === 0) return result
    let source = Buffer.from(result.source as Uint8Array).toString()
    for (const { file, text, instead } of here) {
      if (!source.includes(text)) throw new Error(`${file} does not hold ${JSON.stringify(text)}`)
      source = source.replaceAll(text, () => instead)
    }
    return { ...result, source }
  },
})
