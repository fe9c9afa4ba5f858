import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { keyRecord, makeKeyPair, readPrivateKey, type Algorithm, type SigningKey } from '../src/index.ts'

export type Resolver = NonNullable<NonNullable<Parameters<typeof dkimVerify>[1]>['resolver']>

/** The keys of RFC 8463 appendix A.1. */
export const RFC_RSA = createPrivateKey(`-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi
Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM
KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB
AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm
6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe
zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy
6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc
uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy
WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd
WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a
licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst
o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe
uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL
-----END RSA PRIVATE KEY-----`)

/** RFC 8410 section 7 puts this before the 32 octets of a private key. */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

export const RFC_ED25519: KeyObject = createPrivateKey({
  key: Buffer.concat([ED25519_PKCS8, Buffer.from('nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=', 'base64')]),
  format: 'der',
  type: 'pkcs8',
})

export interface TestKeys {
  readonly rsa: SigningKey
  readonly ed25519: SigningKey
  /** Name → value, as DNS would have them. */
  readonly records: Readonly<Record<string, string>>
}

/** A fresh key of each kind for `domain`. */
export async function testKeys(domain: string): Promise<TestKeys> {
  const records: Record<string, string> = {}
  const make = async (algorithm: Algorithm, selector: string): Promise<SigningKey> => {
    const pair = await makeKeyPair(algorithm)
    const { name, value } = keyRecord(domain, selector, pair)
    records[name] = value
    return { domain, selector, algorithm, privateKey: readPrivateKey(pair.privateKey) }
  }
  return { rsa: await make('rsa-sha256', 'r1'), ed25519: await make('ed25519-sha256', 'e1'), records }
}

/** A resolver for mailauth that knows TXT records only. */
export function resolverOf(records: Readonly<Record<string, string>>): Resolver {
  return (async (name: string) => {
    const value = records[name]
    if (value === undefined) throw Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' })
    return [value.match(/[^]{1,255}/g) ?? []]
  }) as Resolver
}
