import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** Addresses whose answers are remembered. */
const ADDRESSES_KNOWN = 1000

/** Addresses and networks, as `isNetwork` has them. */
export class Networks {
  readonly #list = new BlockList()
  /** What it said of addresses: it makes an object of each, and of the same client it is asked for every command. */
  readonly #said = new Map<string, boolean>()

  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', bits] = network.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (bits === undefined) this.#list.addAddress(address, family)
      else this.#list.addSubnet(address, Number(bits), family)
    }
  }

  /** Expects a plain address. */
  has(address: string): boolean {
    const said = this.#said.get(address)
    if (said !== undefined) return said
    const has = this.#list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
    if (this.#said.size >= ADDRESSES_KNOWN) this.#said.clear()
    this.#said.set(address, has)
    return has
  }
}

/** The network that a plain address is in, of so many bits: `192.0.2.0/24`, `2001:db8:1:2::/64`; whole, the address itself. */
export function networkOf(address: string, bits4: number, bits6: number): string {
  if (isIP(address) !== 6) {
    if (bits4 === 32) return address
    const whole = address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0)
    const network = whole - (whole % 2 ** (32 - bits4))
    return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${bits4}`
  }
  const groups = ipv6Groups(address)
  if (bits6 === 128) return groups.join(':')
  const masked = groups.slice(0, Math.ceil(bits6 / 16)).map((group, i) => {
    const cut = 2 ** Math.max(0, 16 * (i + 1) - bits6)
    const value = Number.parseInt(group, 16)
    return (value - (value % cut)).toString(16)
  })
  return `${masked.join(':')}::/${bits6}`
}

/** The eight groups of an IPv6 address in lower case without leading zeros; IPv4 is not mixed in. */
export function ipv6Groups(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...right].map((group) => group.replace(/^0+(?=.)/, ''))
}

/** An address and a port. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`; `undefined` for anything else. */
export function parseEndpoint(text: string, defaultPort: number): Endpoint | undefined {
  if (isIP(text) !== 0) return { address: text, port: defaultPort }
  const [, bracketed, plain = '', digits] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  const sound = (bracketed === undefined ? isIPv4(plain) : isIPv6(bracketed)) && port > 0 && port <= 65_535
  return sound ? { address: bracketed ?? plain, port } : undefined
}
