import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../peers/execute.ts'

/** A certificate with its key, both PEM files that everybody of the world may read. */
export interface Issued {
  /** The certificate and the authority's. */
  readonly chain: string
  readonly key: string
  readonly leaf: X509Certificate
}

/** Signs certificates. */
export interface Authority {
  readonly file: string
  readonly certificate: X509Certificate
  issue(name: string, names: readonly string[]): Promise<Issued>
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export async function makeAuthority(dir: string, name: string): Promise<Authority> {
  const file = join(dir, `${name}.pem`)
  const ownKey = join(dir, `${name}.key`)
  const subject = (common: string): string[] => ['-subj', `/CN=${common}`, '-days', '30']
  await run('openssl', ['req', '-x509', ...KEY, ...subject(name), '-keyout', ownKey, '-out', file])
  return {
    file,
    certificate: certificateIn(file),
    async issue(to, names) {
      const key = join(dir, `${to}.key`)
      const chain = join(dir, `${to}.pem`)
      const extensions = [`subjectAltName=${names.map((each) => `DNS:${each}`).join(',')}`, 'basicConstraints=critical,CA:FALSE']
      const signed = ['-CA', file, '-CAkey', ownKey, ...extensions.flatMap((extension) => ['-addext', extension])]
      await run('openssl', ['req', '-x509', ...KEY, ...subject(to), ...signed, '-keyout', key, '-out', chain])
      await run('chmod', ['644', key])
      writeFileSync(chain, readFileSync(chain, 'utf8') + readFileSync(file, 'utf8'))
      return { chain, key, leaf: certificateIn(chain) }
    },
  }
}

/** The first one of a file. */
export const certificateIn = (file: string): X509Certificate => new X509Certificate(readFileSync(file))

/** The data of a TLSA record: selector 0 is the certificate, 1 its key; matching 1 is SHA-256, 2 SHA-512 (RFC 6698 section 2.1). */
export function tlsa(usage: number, selector: 0 | 1, matching: 0 | 1 | 2, certificate: X509Certificate): string {
  const selected = selector === 0 ? certificate.raw : certificate.publicKey.export({ type: 'spki', format: 'der' })
  const data =
    matching === 0
      ? selected
      : createHash(matching === 1 ? 'sha256' : 'sha512')
          .update(selected)
          .digest()
  return `TLSA ${usage} ${selector} ${matching} ${data.toString('hex')}`
}

/** The same for a certificate that there is not. */
export const wrongTlsa = (usage: number, selector: 0 | 1): string => `TLSA ${usage} ${selector} 1 ${'ab'.repeat(32)}`
