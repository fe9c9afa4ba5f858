import type { Extension } from './command.ts'

/** One capability of an account. `lacks`: what it needs and the account is not offered. */
export interface CapabilityState {
  readonly capability: string
  readonly state: 'on' | 'off' | 'lacking'
  readonly lacks: readonly string[]
}

/** Those of `off` that there are, and whatever needs one of them. */
export function withDependents(extensions: readonly Extension[], off: readonly string[]): ReadonlySet<string> {
  const all = new Set(extensions.map(({ capability }) => capability).filter((capability) => off.includes(capability)))
  for (let before = -1; before !== all.size;) {
    before = all.size
    for (const { capability, needs = [] } of extensions) if (needs.some((name) => all.has(name))) all.add(capability)
  }
  return all
}

/** What can be switched for an account, in the order of CAPABILITY, and how it stands with `off` switched off. */
export function statesOf(extensions: readonly Extension[], off: readonly string[]): readonly CapabilityState[] {
  const all = withDependents(extensions, off)
  return extensions
    .filter(({ announced }) => announced !== 'before-login')
    .map(({ capability, needs = [] }) => {
      const lacks = needs.filter((name) => all.has(name))
      return { capability, state: off.includes(capability) ? 'off' : lacks.length > 0 ? 'lacking' : 'on', lacks }
    })
}
