import { domainToASCII } from 'node:url'
import { parseAddressList, type HeaderField, type OctetSource } from '@mailstead/mime'
import { sealMessage, type ChainStatus } from './arc.ts'
import { MessageDigest, type DigestedMessage } from './digest.ts'
import { signMessage } from './dkim.ts'
import { READ_SIZE } from './limits.ts'
import type { SigningKey } from './tags.ts'

/** Whose keys sign. Rejects where they cannot be read: mail that should be signed waits then. */
export interface KeySource {
  /** The keys that sign for a domain in A-labels now; none for one that is not ours. */
  signing(domain: string): Promise<readonly SigningKey[]>
}

/** What a host that passes mail on says of its arrival. */
export interface Arrival {
  /** Of ours, in A-labels: in its name the set is sealed. */
  readonly domain: string
  /** As in an Authentication-Results field of ours, an octet per character: `mx.example.org; spf=pass …`. */
  readonly results: string
  readonly chain: ChainStatus
}

/** Signs whole messages with the keys of their domains. Each is read once, in pieces. */
export class MailSigner {
  readonly #keys: KeySource
  readonly #clock: { now(): number }

  constructor(keys: KeySource, clock: { now(): number }) {
    this.#keys = keys
    this.#clock = clock
  }

  /**
   * DKIM-Signature fields to go in front of a message that was submitted or made here; whether it was is the caller's to know. The author's domain
   * signs, which receivers look for (RFC 7489 section 3.1), else the sender's, else that of the reverse-path `mailFrom`. No octets when none
   * of them has keys, or when its header is more than can be signed. A domain signs for those below it too: our host name is one.
   */
  async sign(message: OctetSource, mailFrom: string): Promise<Uint8Array> {
    const digested = await digest(message)
    if (digested === undefined) return NOTHING
    const keys = await this.#keysOf(digested, mailFrom)
    if (keys.length === 0) return NOTHING
    return (await signMessage(digested, keys, this.#seconds())) ?? NOTHING
  }

  /** The ARC set to go in front of a message that is passed on. No octets where the chain is not continued. RSA alone: few verify more. */
  async seal(message: OctetSource, { domain, results, chain }: Arrival): Promise<Uint8Array> {
    const [key] = (await this.#keys.signing(domain)).filter(({ algorithm }) => algorithm === 'rsa-sha256')
    const digested = key === undefined ? undefined : await digest(message)
    if (key === undefined || digested === undefined) return NOTHING
    return (await sealMessage(digested, { key, results, chain, at: this.#seconds() })) ?? NOTHING
  }

  async #keysOf({ fields }: DigestedMessage, mailFrom: string): Promise<readonly SigningKey[]> {
    const reversePath = mailFrom.slice(mailFrom.lastIndexOf('@') + 1)
    const named = [...domainsIn(fields, 'from'), ...domainsIn(fields, 'sender'), domainToASCII(reversePath)]
    for (const domain of new Set(named.flatMap(withParents))) {
      const keys = await this.#keys.signing(domain)
      if (keys.length > 0) return keys
    }
    return []
  }

  /** RFC 6376 section 3.5, `t`. */
  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000)
  }
}

const NOTHING = new Uint8Array(0)

async function digest(message: OctetSource): Promise<DigestedMessage | undefined> {
  const reading = new MessageDigest()
  for (let at = 0; at < message.size;) {
    const octets = await message.read(at, READ_SIZE)
    if (octets.length === 0) throw new Error(`the message ends at ${at} of ${message.size} octets`)
    reading.write(octets)
    at += octets.length
  }
  return reading.finish()
}

/** Domains of the mailboxes in the fields of a name, as lower-case A-labels; empty for what is no domain. */
function domainsIn(fields: readonly HeaderField[], wanted: string): string[] {
  return fields
    .filter(({ name }) => name.toLowerCase() === wanted)
    .flatMap(({ value }) => parseAddressList(value))
    .flatMap((item) => (item.kind === 'mailbox' ? [domainToASCII(Buffer.from(item.domain, 'latin1').toString('utf8'))] : []))
}

/** The domain and those above it that may be somebody's, the nearest first. */
function withParents(domain: string): string[] {
  const labels = domain.split('.')
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'))
}
