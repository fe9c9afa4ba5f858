import { z } from 'zod'

/** A value as an error names it: `"abc"`, `99999`, `a list`. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a table'
  return JSON.stringify(value)
}

export function integer(min: number, max: number, what: string): z.ZodNumber {
  const error = (issue: { readonly input?: unknown }): string => {
    const { input } = issue
    const range = typeof input === 'number' && what !== 'a port' ? ` from ${min} to ${max}` : ''
    return `${show(input)} is not ${what}${range}`
  }
  return z.int({ error }).min(min, { error }).max(max, { error })
}

export function text(what: string): z.ZodString {
  return z.string({ error: (issue) => `${show(issue.input)} is not ${what}` })
}

export function flag(): z.ZodBoolean {
  return z.boolean({ error: (issue) => `${show(issue.input)} is neither true nor false` })
}

export function pattern(expression: RegExp, what: string): z.ZodString {
  return text(what).regex(expression, { error: (issue) => `${show(issue.input)} is not ${what}` })
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T): z.ZodEnum<{ [K in T[number]]: K }> {
  const list = values.map((value) => JSON.stringify(value)).join(', ')
  return z.enum(values, { error: (issue) => `${show(issue.input)} is none of ${list}` })
}
