/** The parts together in a buffer that holds nothing else, and so can change hands; a part that has its own as it is: a copy would be garbage that is slow to go. */
export function owned(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [first] = parts
  if (first?.buffer instanceof ArrayBuffer && parts.length === 1 && first.buffer.byteLength === first.length)
    return new Uint8Array(first.buffer)
  return new Uint8Array(Buffer.concat(parts))
}

/** Gives the memory of octets back that came from another thread: garbage that holds buffers is slow to be found. */
export function free({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0)
}

/** The buffers of typed arrays in `value`, one level inside it, and in lists there: they change hands between threads without a copy. */
export function buffersIn(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  collect(value, 2, found)
  return [...found]
}

function collect(value: unknown, depth: number, found: Set<ArrayBuffer>): void {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer)
  } else if (Array.isArray(value)) {
    // Lists of anything else are long, and hold no octets.
    if (ArrayBuffer.isView(value[0])) for (const each of value) collect(each, 0, found)
  } else if (depth > 0 && typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collect(inner, depth - 1, found)
  }
}
