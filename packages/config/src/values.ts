import { isIP } from 'node:net'
import { isNetwork, parseSize, type Rate } from '@mailstead/base'
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

export const port = (least: number): z.ZodNumber => integer(least, 65_535, 'a port')

export const size = (): z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<number, string | number>> =>
  z
    .union([z.string(), z.number()], { error: (issue) => `${show(issue.input)} is not a size like "50M" or "2G"` })
    .transform((value, context) => {
      const octets = parseSize(`${value}`)
      if (octets !== undefined && octets > 0) return octets
      context.addIssue(`${show(value)} is not a size like "50M" or "2G"`)
      return z.NEVER
    })

export const addresses = (): z.ZodArray<z.ZodString> =>
  z
    .array(
      z.string().refine((value) => isIP(value) !== 0, { error: (issue) => `${show(issue.input)} is not an IP address` }),
      { error: (issue) => `${show(issue.input)} is not a list of IP addresses` },
    )
    .min(1, 'at least one address is needed')

export const networks = (): z.ZodArray<z.ZodString> =>
  z.array(z.string().refine(isNetwork, { error: (issue) => `${show(issue.input)} is not an address or a network like "192.0.2.0/24"` }), {
    error: (issue) => `${show(issue.input)} is not a list of addresses and networks`,
  })

const SPANS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** A value as the file would have it: a rate is text there. */
export function written(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('count' in value) || !('window' in value)) return value
  const span = Object.keys(SPANS).find((name) => SPANS[name] === value.window)
  return `${String(value.count)}/${span}`
}

/** `"60/minute"`; `undefined`: `"none"`. */
export const rate = (): z.ZodPipe<z.ZodString, z.ZodTransform<Rate | undefined, string>> =>
  text('a rate like "60/minute", or "none"').transform((value, context) => {
    if (value === 'none') return undefined
    const [, count = '', span = ''] = /^(\d{1,9})\/(\w+)$/.exec(value) ?? []
    const window = SPANS[span]
    if (Number(count) > 0 && window !== undefined) return { count: Number(count), window }
    context.addIssue(`${show(value)} is not a rate like "60/minute", "500/hour" or "2000/day", or "none"`)
    return z.NEVER
  })
