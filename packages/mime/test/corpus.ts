import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of public test mail, kept outside the repository; `undefined` where there is none. */
export function corpusFolder(): string | undefined {
  const folder = process.env['MAILSTEAD_CORPUS'] ?? fileURLToPath(new URL('../../../../shared/corpus', import.meta.url))
  return existsSync(folder) ? folder : undefined
}

const MESSAGES = '**/*.{eml,msg,mbox,txt,mail,lf,crlf,email}'

/** Everything that is or may be a message: a scanner has to take all of it. */
export function corpusFiles(folder: string): string[] {
  return globSync(MESSAGES, { cwd: folder })
    .sort()
    .map((file) => join(folder, file))
}
