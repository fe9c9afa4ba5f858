const UNITS: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** Octets from `512M`, `2G`, `1000`; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim())
  if (match === null) return undefined
  const size = Math.round(Number(match[1]) * (UNITS[(match[2] ?? '').toUpperCase()] ?? 1))
  return Number.isSafeInteger(size) ? size : undefined
}

/** `1536` → `1.5K`, for people. */
export function formatSize(octets: number): string {
  for (const unit of ['T', 'G', 'M', 'K']) {
    const factor = UNITS[unit] ?? 1
    if (octets >= factor) return `${Math.round((octets / factor) * 10) / 10}${unit}`
  }
  return `${octets}`
}
