import type { OctetSource } from './reencode/work.ts'

/** A message with fields in front of it, for whoever reads it piece by piece. */
export function withFields(fields: Uint8Array, message: OctetSource): OctetSource {
  return {
    size: fields.length + message.size,
    async read(offset, length) {
      return offset < fields.length
        ? fields.subarray(offset, Math.min(offset + length, fields.length))
        : message.read(offset - fields.length, length)
    },
  }
}
