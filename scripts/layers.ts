/**
 * Holds the imports against the table of layers in ARCHITECTURE.md. Reads every source as text, so it sees type
 * imports too. Fails on: an import upwards or sideways, past a package's index, of an undeclared dependency, of a
 * native dependency by another than its owner, a Node built-in in a pure package, and any cycle between files.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Lower numbers know nothing of higher ones. */
export const LAYERS: Record<string, number> = {
  base: 0,
  wire: 1,
  mime: 1,
  sasl: 1,
  config: 1,
  resolver: 1,
  store: 2,
  signing: 2,
  accounts: 3,
  queue: 3,
  sqlite: 3,
  net: 3,
  delivery: 4,
  smtp: 5,
  imap: 5,
  pop3: 5,
  screening: 5,
  control: 5,
  metrics: 5,
  outbound: 5,
  'tls-reports': 5,
  web: 5,
  server: 6,
  admin: 7,
}

/** No Node built-in at all. */
const PURE = new Set(['wire', 'mime'])

/** Wired together by apps only. */
const APPS_ONLY = new Set(['sqlite'])

/** Beside the index of a package: what is loaded before the rest of it. */
const APART = new Set(['@mailstead/base/own-imports'])

/** Who may import a package from outside. */
const OWNERS: Record<string, string> = {
  'better-sqlite3': 'sqlite',
  argon2: 'accounts',
  'node-forge': 'net',
  'smtp-server': 'smtp',
  pino: 'base',
  zod: 'config',
  'smol-toml': 'config',
  'iconv-lite': 'mime',
  'dns-packet': 'resolver',
  mailauth: 'screening',
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|new URL\(\s*['"](\.[^'"]+\.ts)['"]/g

export function checkLayers(root: string): { problems: string[]; files: number } {
  const problems: string[] = []
  const graph = new Map<string, string[]>()
  const files = globSync('{packages,apps}/*/{src,test}/**/*.ts', { cwd: root }).sort()
  for (const file of files) {
    const [kind, pkg = '', area] = file.split('/')
    const layer = LAYERS[pkg]
    if (layer === undefined && pkg !== 'testkit') problems.push(`${file}: package ${pkg} has no layer`)
    const inTest = area === 'test' || pkg === 'testkit'
    const declared = dependencies(root, `${kind}/${pkg}`)
    const text = readFileSync(join(root, file), 'utf8')
    for (const match of text.matchAll(IMPORT)) {
      const target = match[1] ?? match[2] ?? match[3] ?? ''
      if (target.startsWith('.')) {
        const path = normalize(join(dirname(file), target))
        if (!path.startsWith(`${kind}/${pkg}/`) && !(inTest && path.startsWith('test/')))
          problems.push(`${file}: ${target} leaves the package`)
        graph.set(file, [...(graph.get(file) ?? []), path])
      } else if (target.startsWith('@mailstead/')) {
        checkOwn(file, target, pkg, layer, inTest, declared)
      } else if (target.startsWith('node:')) {
        if (PURE.has(pkg) && !inTest) problems.push(`${file}: ${pkg} uses no Node built-in, but imports ${target}`)
      } else {
        const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '')
        const owner = OWNERS[name]
        if (owner !== undefined && owner !== pkg && !inTest) problems.push(`${file}: ${name} belongs to ${owner}`)
        if (!declared.has(name)) problems.push(`${file}: ${name} is not in ${kind}/${pkg}/package.json`)
      }
    }
  }
  problems.push(...cycles(graph))
  return { problems, files: files.length }

  function checkOwn(file: string, target: string, pkg: string, layer: number | undefined, inTest: boolean, declared: Set<string>): void {
    const [, other = '', sub] = target.split('/')
    if (!declared.has(`@mailstead/${other}`) && !inTest) problems.push(`${file}: @mailstead/${other} is not in package.json`)
    if (inTest) return
    if (sub !== undefined && !APART.has(target)) problems.push(`${file}: ${target} goes past the index`)
    const theirs = LAYERS[other]
    if (theirs === undefined) problems.push(`${file}: ${target} is for tests only`)
    else if (layer !== undefined && theirs >= layer && !(pkg === other))
      problems.push(`${file}: layer ${layer} imports ${other} of layer ${theirs}`)
    if (APPS_ONLY.has(other) && (layer ?? 0) < 6) problems.push(`${file}: only apps import ${other}`)
    if (
      pkg === 'admin' &&
      other === 'server' &&
      !/import[^;\n]*\{[^}]*\}[^;\n]*'@mailstead\/server'/.test(readFileSync(join(root, file), 'utf8'))
    ) {
      problems.push(`${file}: the command line imports names of the server, not all of it`)
    }
  }
}

const manifests = new Map<string, Set<string>>()

function dependencies(root: string, dir: string): Set<string> {
  const key = join(root, dir)
  let set = manifests.get(key)
  if (set === undefined) {
    const manifest = JSON.parse(readFileSync(join(key, 'package.json'), 'utf8')) as Record<string, Record<string, string> | undefined>
    set = new Set([...Object.keys(manifest['dependencies'] ?? {}), ...Object.keys(manifest['devDependencies'] ?? {})])
    manifests.set(key, set)
  }
  return set
}

/** One line for each cycle found by depth-first search. */
function cycles(graph: Map<string, string[]>): string[] {
  const found: string[] = []
  const state = new Map<string, 'open' | 'closed'>()
  const path: string[] = []
  const visit = (file: string): void => {
    state.set(file, 'open')
    path.push(file)
    for (const next of graph.get(file) ?? []) {
      if (state.get(next) === 'open') found.push(`cycle: ${[...path.slice(path.indexOf(next)), next].join(' → ')}`)
      else if (state.get(next) === undefined) visit(next)
    }
    path.pop()
    state.set(file, 'closed')
  }
  for (const file of graph.keys()) if (state.get(file) === undefined) visit(file)
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { problems, files } = checkLayers(process.cwd())
  for (const problem of problems) console.error(problem)
  const expected = globSync('{packages,apps}/**/*.ts', { exclude: ['**/node_modules/**'] }).length
  if (files !== expected) console.error(`layers: ${files} files read, ${expected} are there`)
  console.log(`layers: ${files} files, ${problems.length} problems`)
  process.exit(problems.length === 0 && files === expected ? 0 : 1)
}
