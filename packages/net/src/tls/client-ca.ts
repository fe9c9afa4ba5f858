import { X509Certificate } from 'node:crypto'
import { TlsError } from '../errors.ts'
import { readPem } from './given.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** The authorities, PEM, whose client certificates are taken. Rejects with `TlsError`, also when one is no authority. */
export async function loadClientCa(file: string): Promise<string[]> {
  const certificates = (await readPem(file)).match(CERTIFICATE) ?? []
  if (certificates.length === 0 || !certificates.every(isAuthority)) {
    throw new TlsError('invalid', `${file} does not hold certificates of authorities alone (PEM): put those there that sign for your users`)
  }
  return certificates
}

function isAuthority(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).ca
  } catch {
    return false
  }
}
