import type { FetchWants, TextFilter } from '@mailstead/store'
import type { FieldNeedle } from '../keys/fields.ts'
import type { NumberKey } from '../keys/key-columns.ts'
import { COST, type Cost, type Criterion, type Test } from './key.ts'

/** Every criterion holds. The cheap ones are asked first. */
export function all(criteria: readonly Criterion[]): Criterion {
  return combined(criteria, true)
}

/** At least one holds. */
export function either(criteria: readonly Criterion[]): Criterion {
  return combined(criteria, false)
}

export function not({ cost, keys, fields, wants, ...criterion }: Criterion): Criterion {
  return {
    cost,
    ...(keys === undefined ? {} : { keys }),
    ...(fields === undefined ? {} : { fields }),
    ...(wants === undefined ? {} : { wants }),
    bind(session, now) {
      const test = criterion.bind(session, now)
      return (candidate) => {
        const holds = test(candidate)
        return holds instanceof Promise ? holds.then((it) => !it) : !holds
      }
    },
  }
}

/** Asks until one says something else than `usual`. */
function combined(criteria: readonly Criterion[], usual: boolean): Criterion {
  const [only] = criteria
  if (only !== undefined && criteria.length === 1) return only
  const byCost = criteria.toSorted((a, b) => a.cost - b.cost)
  const keys = keysOf(criteria)
  const fields = fieldsOf(criteria)
  const wants = joinWants(criteria)
  const filter = usual ? filterOfAll(criteria) : filterOfAny(criteria)
  return {
    cost: byCost.at(-1)?.cost ?? COST.memory,
    ...(keys.length === 0 ? {} : { keys }),
    ...(fields.length === 0 ? {} : { fields }),
    ...(wants === undefined ? {} : { wants }),
    ...(filter === undefined ? {} : { filter }),
    bind(session, now) {
      const tests = byCost.map((criterion) => criterion.bind(session, now))
      return (candidate) => ask(tests, 0, usual, candidate)
    },
  }
}

function ask(tests: readonly Test[], from: number, usual: boolean, candidate: Parameters<Test>[0]): boolean | Promise<boolean> {
  for (let at = from; at < tests.length; at++) {
    const holds = tests[at]?.(candidate) ?? usual
    if (holds instanceof Promise) return holds.then((it) => (it === usual ? ask(tests, at + 1, usual, candidate) : it))
    if (holds !== usual) return holds
  }
  return usual
}

/** Keys that some of them ask for. */
export function keysOf(criteria: readonly Criterion[]): readonly NumberKey[] {
  return [...new Set(criteria.flatMap(({ keys }) => keys ?? []))]
}

/** Texts that some of them look for in fields. */
function fieldsOf(criteria: readonly Criterion[]): readonly FieldNeedle[] {
  return criteria.flatMap(({ fields }) => fields ?? [])
}

function joinWants(criteria: readonly Criterion[]): FetchWants | undefined {
  const wants = criteria.flatMap((criterion) => criterion.wants ?? [])
  return wants.length === 0 ? undefined : Object.assign({}, ...wants)
}

/** All of their filters hold. */
export function filterOfAll(criteria: readonly Criterion[]): TextFilter | undefined {
  const filters = criteria.flatMap(({ filter }) => filter ?? [])
  return filters.length < 2 ? filters[0] : { all: filters }
}

function filterOfAny(criteria: readonly Criterion[]): TextFilter | undefined {
  const filters = criteria.flatMap(({ filter }) => filter ?? [])
  return filters.length < criteria.length ? undefined : { any: filters }
}

/** The criteria of some costs, of a search that they all belong to. */
export function ofCost(criteria: readonly Criterion[], ...costs: readonly Cost[]): Criterion | undefined {
  const these = criteria.filter(({ cost }) => costs.includes(cost))
  return these.length === 0 ? undefined : all(these)
}
