/** Where a listener of this machine is reached from this machine. */
export function localAddress(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host
}
