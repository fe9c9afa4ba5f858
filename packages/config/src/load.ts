import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TomlError, parse } from 'smol-toml'
import type { z } from 'zod'
import { locateKeys } from './locate.ts'
import type { Fault } from './fault.ts'
import { listenerFaults } from './listener-faults.ts'
import { routeFaults } from './route-faults.ts'
import { schema, type Config } from './schema.ts'
import { sections, settings } from './settings.ts'
import { nearest } from './suggest.ts'

/** The file that is read when no other is named, if it exists in the data folder. */
export const CONFIG_FILE = 'mailstead.toml'

/** Every fault of a configuration, one line each, fit for the administrator. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** Where a value comes from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number | undefined }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'command line'; readonly option: string }

export interface Loaded {
  readonly config: Config
  /** By path; `default` is left out. */
  readonly origins: ReadonlyMap<string, Origin>
  /** The file that was read, if one was. */
  readonly file: string | undefined
}

/** A value given on the command line: path → value and the option that gave it. */
export type Overrides = Readonly<Record<string, { readonly value: unknown; readonly option: string } | undefined>>

export interface LoadOptions {
  /** `--config`; without it MAILSTEAD_CONFIG, then mailstead.toml in the data folder if it is there. */
  readonly file?: string | undefined
  readonly overrides?: Overrides
  /** By path: what stands in for the schema's defaults, as a command may need. */
  readonly defaults?: Readonly<Record<string, unknown>>
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** Default < file < environment < command line. Throws `ConfigError`. */
export function loadConfig(options: LoadOptions = {}): Loaded {
  const { overrides = {}, environment = {} } = options
  const named = options.file ?? nonEmpty(environment['MAILSTEAD_CONFIG'])
  const dataDir = (overrides['data_dir']?.value as string | undefined) ?? nonEmpty(environment['MAILSTEAD_DATA']) ?? './data'
  const beside = join(dataDir, CONFIG_FILE)
  const file = named ?? (existsSync(beside) ? beside : undefined)
  const text = file === undefined ? '' : readConfig(file)
  return build(text, file, options)
}

/** What `loadConfig` does with the file's text. */
export function parseConfig(text: string, file: string, options: LoadOptions = {}): Loaded {
  return build(text, file, options)
}

function build(text: string, file: string | undefined, options: LoadOptions): Loaded {
  const { overrides = {}, environment = {}, defaults = {} } = options
  const { tree, lines } = parseToml(text, file)
  const origins = new Map<string, Origin>()
  for (const { path, variable } of settings) {
    if (has(tree, path)) origins.set(path, { kind: 'file', file: file ?? '', line: lines.get(path) })
    else if (defaults[path] !== undefined) put(tree, path, defaults[path])
    const set = nonEmpty(environment[variable])
    if (set !== undefined && put(tree, path, fromVariable(set))) origins.set(path, { kind: 'environment', variable })
    const given = overrides[path]
    if (given !== undefined && put(tree, path, given.value)) origins.set(path, { kind: 'command line', option: given.option })
  }
  noteLists(tree, origins, lines, file)
  const result = schema.safeParse(tree)
  const faults = result.success ? crossChecks(result.data) : result.error.issues.flatMap(faultsOf)
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => withPlace(fault, origins, lines, file)))
  if (!result.success) throw new ConfigError(['the configuration is not valid'])
  return { config: result.data, origins, file }
}

function noteLists(
  tree: Record<string, unknown>,
  origins: Map<string, Origin>,
  lines: Map<string, number>,
  file: string | undefined,
): void {
  for (const { name } of sections.filter(({ list }) => list)) {
    const items = tree[name]
    if (!Array.isArray(items)) continue
    for (const [i, item] of items.entries()) {
      if (!isTable(item)) continue
      for (const key of Object.keys(item)) {
        const path = `${name}[${i}].${key}`
        origins.set(path, { kind: 'file', file: file ?? '', line: lineOf(path, lines) })
      }
    }
  }
}

function readConfig(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new ConfigError([`${file}: cannot be read${code === 'ENOENT' ? ': there is no such file' : ` (${code ?? 'unknown error'})`}`])
  }
}

function parseToml(text: string, file: string | undefined): { tree: Record<string, unknown>; lines: Map<string, number> } {
  try {
    return { tree: structuredClone(parse(text)) as Record<string, unknown>, lines: locateKeys(text) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const what = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '')
    throw new ConfigError([`${file ?? 'configuration'}:${error.line}: ${what}`])
  }
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const path = pathOf(issue.path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = path === '' ? key : `${path}.${key}`
      const meant = suggestion(path, key)
      return { path: full, text: `there is no such key${meant === undefined ? '' : `; is ${meant} meant?`}` }
    })
  }
  if (issue.code === 'invalid_type' && issue.expected === 'object') {
    const header = path.endsWith(']') ? `[[${withoutIndex(path)}]]` : `[${path}]`
    return [{ path, text: `is a table: write ${header} on a line of its own` }]
  }
  return [{ path, text: issue.message }]
}

/** The nearest key of the same table; else the same key in another one. */
function suggestion(table: string, key: string): string | undefined {
  const prefix = table === '' ? '' : `${withoutIndex(table)}.`
  const known = sections.flatMap((section) => section.settings)
  const here = new Set(known.filter(({ path }) => path.startsWith(prefix)).map(({ path }) => path.slice(prefix.length).split('.')[0] ?? ''))
  const near = nearest(key, here)
  if (near !== undefined) return `${prefix}${near}`
  return settings.find(({ path }) => path.split('.').at(-1) === key)?.path
}

const withoutIndex = (path: string): string => path.replace(/\[\d+\]$/, '')

/** What no single key can tell. */
function crossChecks(config: Config): Fault[] {
  const faults: Fault[] = []
  const { cert_file: cert, key_file: key } = config.tls
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert === undefined ? ['tls.key_file', 'tls.cert_file'] : ['tls.cert_file', 'tls.key_file']
    faults.push({ path: there, text: `needs ${missing} too` })
  }
  if (config.auth.scram_sha1 && !config.auth.scram) faults.push({ path: 'auth.scram_sha1', text: 'needs auth.scram = true' })
  faults.push(...oauthFaults(config.oauth))
  const seen = new Map<number, string>()
  for (const [name, port] of Object.entries(config.ports)) {
    if (port === 0) continue
    if (port + config.port_base > 65_535) {
      faults.push({ path: `ports.${name}`, text: `${port} + port_base ${config.port_base} is not a port` })
    }
    const other = seen.get(port)
    if (other !== undefined) faults.push({ path: `ports.${name}`, text: `${port} is already ports.${other}` })
    seen.set(port, name)
  }
  const { greylist_score: greylist, refuse_score: refuse } = config.screening
  if (greylist > refuse) faults.push({ path: 'screening.greylist_score', text: `${greylist} is above refuse_score ${refuse}` })
  faults.push(...listenerFaults(config), ...routeFaults(config))
  return faults
}

/** A provider's keys or its answers, never both, and what each needs. */
function oauthFaults(oauth: Config['oauth']): Fault[] {
  const needs = { jwks_url: ['issuer', 'audience'], introspection_url: ['client_id', 'client_secret_file'] } as const
  const faults: Fault[] = (['jwks_url', 'introspection_url'] as const).flatMap((key) => {
    const missing = oauth[key] === undefined ? [] : needs[key].filter((other) => oauth[other] === undefined)
    return missing.map((other) => ({ path: `oauth.${key}`, text: `needs oauth.${other} too` }))
  })
  if (oauth.jwks_url !== undefined && oauth.introspection_url !== undefined) {
    faults.push({ path: 'oauth.introspection_url', text: 'there is oauth.jwks_url already: one of the two' })
  }
  return faults
}

function withPlace(fault: Fault, origins: ReadonlyMap<string, Origin>, lines: Map<string, number>, file: string | undefined): string {
  const text = `${fault.path}: ${fault.text}`
  const origin = origins.get(fault.path.replace(/\[.*$/, ''))
  if (origin?.kind === 'environment') return `${text} (environment variable ${origin.variable})`
  if (origin?.kind === 'command line') return `${text} (option ${origin.option})`
  const line = lineOf(fault.path, lines)
  return line === undefined || file === undefined ? text : `${file}:${line}: ${text}`
}

/** Of the key, or of the nearest one above it that has a line. */
function lineOf(path: string, lines: Map<string, number>): number | undefined {
  for (let at = path; at !== ''; at = /\[\d+\]$/.test(at) ? at.replace(/\[\d+\]$/, '') : at.replace(/(?:^|\.)[^.]*$/, '')) {
    const line = lines.get(at)
    if (line !== undefined) return line
  }
  return undefined
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? String(step) : `${text}.${String(step)}`
  }, '')
}

function has(tree: Record<string, unknown>, path: string): boolean {
  const [first = '', second] = path.split('.')
  const value = tree[first]
  return second === undefined ? value !== undefined : isTable(value) && value[second] !== undefined
}

/** False when the file has something else than a table there: that fault is told instead. */
function put(tree: Record<string, unknown>, path: string, value: unknown): boolean {
  const [first = '', second] = path.split('.')
  if (second === undefined) {
    tree[first] = value
    return true
  }
  const table = (tree[first] ??= {})
  if (!isTable(table)) return false
  table[second] = value
  return true
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Variables hold text only: whole numbers count as numbers, true and false as such, lists are separated by commas after a leading `[`. */
function fromVariable(value: string): unknown {
  if (/^\d+$/.test(value)) return Number(value)
  if (value === 'true' || value === 'false') return value === 'true'
  const list = /^\[(.*)\]$/.exec(value)
  return list === null ? value : (list[1] ?? '').split(',').map((item) => item.trim().replace(/^"(.*)"$/, '$1'))
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
