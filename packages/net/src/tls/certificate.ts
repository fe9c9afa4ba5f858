/**
 * X.509 v3 certificates on P-256 (RFC 5280, RFC 5480): a local authority and the server certificate it signs.
 * node-forge encodes; it signs with RSA only, and an RSA handshake costs three times as much, so node:crypto signs.
 */
import { createHash, createPublicKey, generateKeyPair, randomBytes, sign, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import type { EpochMs } from '@mailstead/base'
import { CA_LIFE, CLOCK_SKEW, LEAF_LIFE } from '../limits.ts'
import { bitString, boolean, encode, implicit, integer, octetString, oid, sequence, set, tagged, time, utf8, type Node } from './der.ts'

/** A certificate and its key, both PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

/** What identifies the authority in what it signs. */
interface Authority {
  readonly name: Node
  readonly key: KeyObject
  /** ms; nothing it signs outlives it. */
  readonly notAfter: EpochMs
}

const newKeys = promisify(generateKeyPair)

/** Makes an authority for this installation. Its name is unique: NSS mixes up authorities that share theirs. */
export async function makeAuthority(now: EpochMs): Promise<KeyPair & { readonly name: string }> {
  const { privateKey } = await newKeys('ec', { namedCurve: 'P-256' })
  const name = `Mailstead local CA ${randomBytes(4).toString('hex')}`
  const notAfter = now - CLOCK_SKEW + CA_LIFE
  const certificate = issue({ name: authorityName(name), key: privateKey, notAfter }, authorityName(name), privateKey, now, notAfter, [
    extension('2.5.29.19', true, sequence(boolean(true), integer(Buffer.from([0])))), // basicConstraints: CA, signs no further CA
    extension('2.5.29.15', true, bitString(Buffer.from([0b0000_0110]), 1)), // keyUsage: keyCertSign, cRLSign
  ])
  return { certificate, key: exportKey(privateKey), name }
}

/** Makes a server certificate for DNS names (A-labels) and IP addresses, signed by the authority called `authority`. */
export async function makeServerCertificate(
  authority: { readonly name: string; readonly key: KeyObject; readonly notAfter: EpochMs },
  names: readonly string[],
  now: EpochMs,
): Promise<KeyPair> {
  const { privateKey } = await newKeys('ec', { namedCurve: 'P-256' })
  const notAfter = Math.min(now - CLOCK_SKEW + LEAF_LIFE, authority.notAfter)
  const issuer = { ...authority, name: authorityName(authority.name) }
  const certificate = issue(issuer, commonName(names), privateKey, now, notAfter, [
    extension('2.5.29.19', true, sequence()), // basicConstraints: no CA
    extension('2.5.29.15', true, bitString(Buffer.from([0b1000_0000]), 7)), // keyUsage: digitalSignature
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
    extension('2.5.29.17', false, sequence(...names.map(generalName))), // subjectAltName
  ])
  return { certificate, key: exportKey(privateKey) }
}

function issue(issuer: Authority, subject: Node, key: KeyObject, now: EpochMs, notAfter: EpochMs, extensions: readonly Node[]): string {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2')) // ecdsa-with-SHA256, without parameters (RFC 5758 section 3.2)
  const tbs = sequence(
    tagged(0, integer(Buffer.from([2]))), // v3
    integer(serialNumber()),
    algorithm,
    issuer.name,
    sequence(time(new Date(now - CLOCK_SKEW)), time(new Date(notAfter - 1000))), // notAfter is inclusive
    subject,
    publicKeyInfo(key),
    tagged(
      3,
      sequence(
        extension('2.5.29.14', false, octetString(keyId(key))), // subjectKeyIdentifier
        extension('2.5.29.35', false, sequence(implicit(0, keyId(issuer.key)))), // authorityKeyIdentifier
        ...extensions,
      ),
    ),
  )
  const signature = sign('sha256', encode(tbs), issuer.key)
  return pem(encode(sequence(tbs, algorithm, bitString(signature))))
}

/** Positive, 16 octets, first bit clear and second set so that its length is fixed (RFC 5280 section 4.1.2.2). */
function serialNumber(): Buffer {
  const octets = randomBytes(16)
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return octets
}

/** SubjectPublicKeyInfo of RFC 5480 section 2: id-ecPublicKey on prime256v1. */
function publicKeyInfo(key: KeyObject): Node {
  return sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bitString(point(key)))
}

/** The uncompressed point: 0x04, x, y. */
function point(key: KeyObject): Buffer {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}

/** RFC 5280 section 4.2.1.2, method 1. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha1').update(point(key)).digest()
}

function extension(id: string, critical: boolean, value: Node): Node {
  return critical ? sequence(oid(id), boolean(true), octetString(encode(value))) : sequence(oid(id), octetString(encode(value)))
}

function authorityName(name: string): Node {
  return sequence(attribute('2.5.4.10', 'Mailstead'), attribute('2.5.4.3', name))
}

/** The first name that fits ub-common-name (64); clients look at subjectAltName only. */
function commonName(names: readonly string[]): Node {
  return sequence(attribute('2.5.4.3', names.find((name) => name.length <= 64) ?? 'localhost'))
}

const attribute = (id: string, value: string): Node => set(sequence(oid(id), utf8(value)))

/** dNSName [2] or iPAddress [7] of RFC 5280 section 4.2.1.6. */
function generalName(name: string): Node {
  return isIP(name) === 0 ? implicit(2, Buffer.from(name, 'ascii')) : implicit(7, addressOctets(name))
}

function addressOctets(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  const groups = [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

const exportKey = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
