/**
 * The certificate of a server that was given none: DIR/ca.pem is the authority for clients to import, its key and
 * the server's pair are in DIR/tls. Key and certificate of the server share one file, so both change at once.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { isIP } from 'node:net'
import { dirname, join } from 'node:path'
import type { EpochMs, Logger } from '@mailstead/base'
import { systemCode, TlsError } from '../errors.ts'
import { RENEW_BEFORE } from '../limits.ts'
import { serverCertificate, type ServerCertificate } from './context.ts'

interface Authority {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

export const caFileIn = (dir: string): string => join(dir, 'ca.pem')
const caKeyIn = (dir: string): string => join(dir, 'tls', 'ca-key.pem')
const serverPairIn = (dir: string): string => join(dir, 'tls', 'server.pem')

/** What is there if it still serves, else a new one, and a new authority too where there is none. Rejects with `TlsError`. */
export async function openLocal(dir: string, names: readonly string[], now: EpochMs, log: Logger): Promise<ServerCertificate> {
  try {
    return (await stillGood(dir, names, now)) ?? (await renew(dir, names, now, log))
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new TlsError('unwritable', `${dir} takes no certificate files (${why}): give this user write access to the folder`, {
      cause: error,
    })
  }
}

/** From `RENEW_BEFORE` its end on. */
export function isDue(certificate: X509Certificate, now: EpochMs): boolean {
  return certificate.validToDate.getTime() - now < RENEW_BEFORE
}

/** The pair on disk when the authority on disk signed it, it covers the names and is not due. What cannot be parsed is not good. */
async function stillGood(dir: string, names: readonly string[], now: EpochMs): Promise<ServerCertificate | undefined> {
  const [authorityText, pair] = await Promise.all([readIfThere(caFileIn(dir)), readIfThere(serverPairIn(dir))])
  if (authorityText === undefined || pair === undefined) return undefined
  try {
    const authority = new X509Certificate(authorityText)
    const served = serverCertificate(pair, pair, serverPairIn(dir))
    const { leaf } = served
    const good = !isDue(leaf, now) && leaf.checkIssued(authority) && leaf.verify(authority.publicKey)
    return good && names.every((name) => covers(leaf, name)) ? served : undefined
  } catch {
    return undefined
  }
}

async function renew(dir: string, names: readonly string[], now: EpochMs, log: Logger): Promise<ServerCertificate> {
  // Loaded only here: an encoder of certificates is needed once a year.
  const { makeAuthority, makeServerCertificate } = await import('./certificate.ts')
  let authority = await loadAuthority(dir, now)
  if (authority === undefined) {
    const made = await makeAuthority(now)
    const replaced = (await readIfThere(caFileIn(dir))) !== undefined
    await mkdir(join(dir, 'tls'), { recursive: true, mode: 0o700 })
    await write(caKeyIn(dir), made.key, 0o600)
    await write(caFileIn(dir), made.certificate, 0o644)
    authority = { certificate: new X509Certificate(made.certificate), key: createPrivateKey(made.key) }
    if (replaced) log.warn('new local CA: clients have to import it again', { file: caFileIn(dir) })
    else log.info('local CA made', { file: caFileIn(dir) })
  }
  const { certificate, key } = authority
  const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? ''
  const made = await makeServerCertificate({ name, key, notAfter: certificate.validToDate.getTime() }, names, now)
  const pair = made.certificate + made.key
  await write(serverPairIn(dir), pair, 0o600)
  const served = serverCertificate(pair, pair, serverPairIn(dir))
  log.info('server certificate made', { names, expires: served.leaf.validToDate.toISOString() })
  return served
}

/** `undefined` when it is missing, soon over, or not a pair: a crash between the two files leaves an old certificate with a new key. */
async function loadAuthority(dir: string, now: EpochMs): Promise<Authority | undefined> {
  const [certificateText, keyText] = await Promise.all([readIfThere(caFileIn(dir)), readIfThere(caKeyIn(dir))])
  if (certificateText === undefined || keyText === undefined) return undefined
  try {
    const certificate = new X509Certificate(certificateText)
    const key = createPrivateKey(keyText)
    return certificate.checkPrivateKey(key) && !isDue(certificate, now) ? { certificate, key } : undefined
  } catch {
    return undefined
  }
}

const covers = (leaf: X509Certificate, name: string): boolean =>
  (isIP(name) === 0 ? leaf.checkHost(name, { subject: 'never' }) : leaf.checkIP(name)) !== undefined

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    const why = error instanceof Error ? error.message : String(error)
    throw new TlsError('unreadable', `${file} cannot be read (${why}): correct its permissions`, { cause: error })
  }
}

/** Whole or not at all, also over a power cut; `mode` from the first octet on. */
async function write(file: string, text: string, mode: number): Promise<void> {
  const beside = `${file}.new`
  const handle = await open(beside, 'w', mode)
  try {
    await handle.chmod(mode)
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(beside, file)
  await chmod(file, mode)
  const folder = await open(dirname(file))
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
