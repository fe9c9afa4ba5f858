/** The buffers of typed arrays in `value`, or one level inside it: they change hands between threads without a copy. */
export function buffersIn(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  collect(value, 2, found)
  return [...found]
}

function collect(value: unknown, depth: number, found: Set<ArrayBuffer>): void {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer)
  } else if (depth > 0 && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const inner of Object.values(value)) collect(inner, depth - 1, found)
  }
}
