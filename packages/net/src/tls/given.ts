import { readFile, stat } from 'node:fs/promises'
import { TlsError } from '../errors.ts'
import { serverCertificate, type ServerCertificate } from './context.ts'

/** Where the administrator keeps the certificate with its chain, and the key; perhaps one file. */
export interface GivenFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** Rejects with `TlsError`. */
export async function loadGiven({ certFile, keyFile }: GivenFiles): Promise<ServerCertificate> {
  const [certificate, key] = await Promise.all([readPem(certFile), readPem(keyFile)])
  return serverCertificate(certificate, key, certFile === keyFile ? certFile : `${certFile} with ${keyFile}`)
}

/** Changes when either file does, also when a link is set to another file. */
export async function fileVersion({ certFile, keyFile }: GivenFiles): Promise<string> {
  const versions = await Promise.all(
    [certFile, keyFile].map(async (file) => {
      const facts = await stat(file).catch(() => undefined)
      return facts === undefined ? 'missing' : `${facts.ino}:${facts.mtimeMs}:${facts.size}`
    }),
  )
  return versions.join(' ')
}

/** Rejects with `TlsError` `unreadable`. */
export async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new TlsError('unreadable', `${file} cannot be read (${why}): correct the path or its permissions`, { cause: error })
  }
}
