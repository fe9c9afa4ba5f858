/**
 * Writes the documents that are printed from the code, or from results of the benchmark; `--check` only compares, and fails when one is stale.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { adminDocs } from '@mailstead/admin'
import { configDocs } from '@mailstead/config'
import { extensionDocs } from '@mailstead/imap'
import { metricsDocs } from '@mailstead/metrics'
import { pop3ExtensionDocs } from '@mailstead/pop3'
import { smtpExtensionDocs } from '@mailstead/smtp'
import { format, resolveConfig } from 'prettier'
import { performanceDocs } from '../bench/page.ts'

const DOCUMENTS: Record<string, () => string> = {
  'docs/admin.md': adminDocs,
  'docs/config.md': configDocs,
  'docs/imap-extensions.md': extensionDocs,
  'docs/metrics.md': metricsDocs,
  'docs/pop3-extensions.md': pop3ExtensionDocs,
  'docs/smtp-extensions.md': smtpExtensionDocs,
}

const check = process.argv.includes('--check')
let stale = 0
for (const [path, text] of [...(await printed()), ...Object.entries(await performanceDocs())]) {
  const file = place(path)
  if (read(file) === text) continue
  if (check) {
    stale++
    console.error(`${path} is stale: run \`npx node scripts/docs.ts\``)
  } else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`${path} written`)
  }
}
process.exit(stale === 0 ? 0 : 1)

function place(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

/** Formatted like every other file, or the check of the format would refuse what is printed here. */
function printed(): Promise<(readonly [string, string])[]> {
  const all = Object.entries(DOCUMENTS).map(async ([path, print]) => {
    const file = place(path)
    return [path, await format(print(), { ...(await resolveConfig(file)), filepath: file })] as const
  })
  return Promise.all(all)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
