import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

export interface ScramClientOptions {
  readonly hash: 'SHA-256' | 'SHA-1'
  readonly user: string
  readonly password: string
  /** gs2-header; `n,,` by default. */
  readonly header?: string
  /** Channel binding data behind the header in `c=`. */
  readonly binding?: Uint8Array
  readonly nonce?: string
}

/** The client's side of SCRAM by the formulas of RFC 5802 section 3, with no code of the server's. */
export class ScramClient {
  readonly #options: ScramClientOptions
  readonly #bare: string
  /** What the server has to say in the end: `v=…`. */
  expected = ''

  constructor(options: ScramClientOptions) {
    this.#options = options
    const user = options.user.replaceAll('=', '=3D').replaceAll(',', '=2C')
    this.#bare = `n=${user},r=${options.nonce ?? 'fyko+d2lbbFgONRv9qkxdawL'}`
  }

  get #header(): string {
    return this.#options.header ?? 'n,,'
  }

  /** client-first-message */
  first(): string {
    return `${this.#header}${this.#bare}`
  }

  /** client-final-message. Throws for what is no server-first-message. */
  final(serverFirst: string): string {
    const { hash, password, binding = new Uint8Array(0) } = this.#options
    const [, nonce, salt, rounds] = /^r=([^,]*),s=([^,]*),i=([0-9]+)$/.exec(serverFirst) ?? []
    if (nonce === undefined || salt === undefined || rounds === undefined) throw new Error(`no server-first-message: ${serverFirst}`)
    const [digest, length] = hash === 'SHA-256' ? ['sha256', 32] : ['sha1', 20]
    const mac = (key: Uint8Array, text: string): Buffer => createHmac(digest, key).update(text).digest()
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), length, digest)
    const withoutProof = `c=${Buffer.concat([Buffer.from(this.#header), binding]).toString('base64')},r=${nonce}`
    const authMessage = `${this.#bare},${serverFirst},${withoutProof}`
    const clientKey = mac(salted, 'Client Key')
    const signature = mac(createHash(digest).update(clientKey).digest(), authMessage)
    this.expected = `v=${mac(mac(salted, 'Server Key'), authMessage).toString('base64')}`
    return `${withoutProof},p=${Buffer.from(clientKey.map((octet, at) => octet ^ (signature[at] ?? 0))).toString('base64')}`
  }
}
