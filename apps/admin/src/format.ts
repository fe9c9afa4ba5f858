/** Rows under their headings, in columns as wide as they need. */
export function columns(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** `2026-03-01 14:05` in local time; `never` for nothing. */
export function when(at: number | undefined): string {
  if (at === undefined) return 'never'
  const date = new Date(at)
  const two = (value: number): string => `${value}`.padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** `2026-03-01 14:05:09` in local time. */
export function exactly(at: number): string {
  return `${when(at)}:${`${new Date(at).getSeconds()}`.padStart(2, '0')}`
}

/** Words of strangers as a terminal may show them: nothing in them moves the cursor. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?')
}

/** `1 account`, `2 accounts` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
