/** address-literal = "[" ( IPv4 / IPv6 / General ) "]", RFC 5321 section 4.1.3; General has no registered form and is refused. */
export function isAddressLiteral(text: string): boolean {
  if (!text.startsWith('[') || !text.endsWith(']')) return false
  const inner = text.slice(1, -1)
  return /^IPv6:/i.test(inner) ? isIpv6(inner.slice(5)) : isIpv4(inner)
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
}

function isIpv6(text: string): boolean {
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return false
  const groups = [head, ...(tail === undefined ? [] : [tail])].flatMap((side) => (side === '' ? [] : side.split(':')))
  const last = groups.at(-1)
  let count = groups.length
  if (last?.includes('.')) {
    if (!isIpv4(last)) return false
    groups.pop()
    count++
  }
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false
  return tail === undefined ? count === 8 : count <= 7
}
