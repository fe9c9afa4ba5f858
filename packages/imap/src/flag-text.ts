import { systemFlagNames } from '@mailstead/store'

export const SYSTEM_NAMES = systemFlagNames(0xff)

const RECENT_BIT = 32
/** The text of each combination of system flags and \Recent. */
const SYSTEM_TEXT = Array.from({ length: 64 }, (_, bits) => {
  const names: string[] = systemFlagNames(bits & (RECENT_BIT - 1))
  if ((bits & RECENT_BIT) !== 0) names.push('\\Recent')
  return `(${names.join(' ')})`
})

/** `(\Seen \Recent $Work)` */
export function flagText(system: number, recent: boolean, keywords: readonly string[]): string {
  const plain = SYSTEM_TEXT[recent ? system | RECENT_BIT : system] ?? '()'
  if (keywords.length === 0) return plain
  return plain === '()' ? `(${keywords.join(' ')})` : `${plain.slice(0, -1)} ${keywords.join(' ')})`
}
