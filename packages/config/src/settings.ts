import type { z } from 'zod'
import { schema } from './schema.ts'

/** One key as docs and `config show` name it. */
export interface Setting {
  /** `limits.message_size` */
  readonly path: string
  readonly description: string
  /** The default as it would stand in the file, or words where there is none to write down. */
  readonly defaultText: string
  /** The environment variable that sets it; the keys of a list have none. */
  readonly variable: string | undefined
}

export interface Section {
  /** Empty for the keys that stand before any table. */
  readonly name: string
  /** Whether its table may be there any number of times: `[[listener]]`. */
  readonly list: boolean
  readonly description: string
  readonly settings: readonly Setting[]
}

interface Meta {
  readonly description?: string
  readonly defaultText?: string
}

/** Every section and key in the order of the schema. */
export const sections: readonly Section[] = listSections()

/** Those that have one value. */
export const settings: readonly (Setting & { readonly variable: string })[] = sections.flatMap((section) =>
  section.settings.flatMap(({ variable, ...rest }) => (variable === undefined ? [] : [{ ...rest, variable }])),
)

function listSections(): Section[] {
  const top: Setting[] = []
  const tables: Section[] = []
  for (const [name, type] of Object.entries(schema.shape)) {
    const item = itemShape(type)
    const shape = item ?? tableShape(type)
    const list = item !== undefined
    if (shape === undefined) top.push(setting(name, type, false))
    else {
      tables.push({
        name,
        list,
        description: metaOf(type).description ?? '',
        settings: Object.entries(shape).map(([key, inner]) => setting(`${name}.${key}`, inner, list)),
      })
    }
  }
  return [{ name: '', list: false, description: 'These stand before the first table of the file.', settings: top }, ...tables]
}

/** The keys of a table; undefined for a single value. Tables are wrapped, because each may be left out. */
function tableShape(type: z.core.$ZodType): Record<string, z.core.$ZodType> | undefined {
  const inner = (type as { def?: { innerType?: { shape?: Record<string, z.core.$ZodType> } } }).def?.innerType
  return inner?.shape
}

/** The keys of the tables of a list. */
function itemShape(type: z.core.$ZodType): Record<string, z.core.$ZodType> | undefined {
  const list = (type as { def?: { innerType?: { def?: { element?: { shape?: Record<string, z.core.$ZodType> } } } } }).def?.innerType
  return list?.def?.element?.shape
}

function setting(path: string, type: z.core.$ZodType, listed: boolean): Setting {
  const { description = '', defaultText } = metaOf(type)
  const variable = listed ? undefined : variableOf(path)
  return { path, description, defaultText: defaultText ?? `\`${writtenDefault(type)}\``, variable }
}

function writtenDefault(type: z.core.$ZodType): string {
  return JSON.stringify((type as unknown as { def: { defaultValue: unknown } }).def.defaultValue)
}

function metaOf(type: z.core.$ZodType): Meta {
  return ((type as z.ZodType).meta() ?? {}) as Meta
}

/** `data_dir` is MAILSTEAD_DATA, as the command line's `--data`; all others carry their whole path. */
function variableOf(path: string): string {
  return path === 'data_dir' ? 'MAILSTEAD_DATA' : `MAILSTEAD_${path.replaceAll('.', '_').toUpperCase()}`
}
