import { readFileSync } from 'node:fs'

/** The product's version, from the one package.json that states it. */
export const VERSION: string = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version
