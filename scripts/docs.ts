/**
 * Writes the documents that are printed from the code; `--check` only compares, and fails when one is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { adminDocs } from '@mailstead/admin'
import { configDocs } from '@mailstead/config'
import { extensionDocs } from '@mailstead/imap'
import { metricsDocs } from '@mailstead/metrics'
import { pop3ExtensionDocs } from '@mailstead/pop3'
import { smtpExtensionDocs } from '@mailstead/smtp'
import { format, resolveConfig } from 'prettier'

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
for (const [path, print] of Object.entries(DOCUMENTS)) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  // Formatted like every other file, or the check of the format would refuse what is printed here.
  const text = await format(print(), { ...(await resolveConfig(file)), filepath: file })
  if (read(file) === text) continue
  if (check) {
    stale++
    console.error(`${path} is stale: run \`npx node scripts/docs.ts\``)
  } else {
    writeFileSync(file, text)
    console.log(`${path} written`)
  }
}
process.exit(stale === 0 ? 0 : 1)

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
