import type { Loaded, Origin } from './load.ts'
import { sections, settings } from './settings.ts'
import { written } from './values.ts'

/** One value as `config show --effective` prints it. */
export interface Effective {
  readonly path: string
  /** As it would stand in the file; `undefined`: not set. */
  readonly value: unknown
  /** `default`, `file /etc/mailstead.toml:12`, `environment MAILSTEAD_DATA`, `command line --data`. */
  readonly origin: string
}

/** Every value in the order of the schema. */
export function effective({ config, origins }: Loaded): readonly Effective[] {
  const values = settings.map(({ path }) => {
    const [first = '', second] = path.split('.')
    const top = (config as Record<string, unknown>)[first]
    const value = second === undefined ? top : (top as Record<string, unknown>)[second]
    return { path, value: written(value), origin: describe(origins.get(path)) }
  })
  return [...values, ...sections.filter(({ list }) => list).flatMap(({ name }) => listed(name, { config, origins }))]
}

/** What each table of a list says; its defaults depend on the rest. */
function listed(name: string, { config, origins }: Pick<Loaded, 'config' | 'origins'>): readonly Effective[] {
  const items = (config as unknown as Record<string, readonly Record<string, unknown>[]>)[name] ?? []
  return items.flatMap((item, i) =>
    Object.entries(item).map(([key, value]) => {
      const path = `${name}[${i}].${key}`
      return { path, value, origin: describe(origins.get(path)) }
    }),
  )
}

function describe(origin: Origin | undefined): string {
  switch (origin?.kind) {
    case 'file':
      return `file ${origin.file}${origin.line === undefined ? '' : `:${origin.line}`}`
    case 'environment':
      return `environment ${origin.variable}`
    case 'command line':
      return `command line ${origin.option}`
    default:
      return 'default'
  }
}
