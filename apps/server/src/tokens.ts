import { readFile } from 'node:fs/promises'
import type { TokenOptions } from '@mailstead/accounts'
import type { Config } from '@mailstead/config'
import { StartError } from './errors.ts'

/** Whose tokens are taken; `undefined`: nobody's. Rejects with `StartError`. */
export async function tokenOptions(oauth: Config['oauth']): Promise<TokenOptions | undefined> {
  const provider = await providerOf(oauth)
  const { account_claim: accountClaim, scope, discovery_url: discoveryUrl } = oauth
  return provider === undefined ? undefined : { provider, accountClaim, scope, discoveryUrl }
}

async function providerOf(oauth: Config['oauth']): Promise<TokenOptions['provider'] | undefined> {
  const { issuer, audience, jwks_url: jwksUrl, introspection_url: url, client_id: clientId, client_secret_file: secretFile } = oauth
  if (jwksUrl !== undefined && issuer !== undefined && audience !== undefined) return { kind: 'jwks', jwksUrl, issuer, audience }
  if (url === undefined || clientId === undefined || secretFile === undefined) return undefined
  return { kind: 'introspection', url, clientId, clientSecret: await readSecret(secretFile), issuer, audience }
}

async function readSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartError('secret', `${file} cannot be read (${reason}): correct oauth.client_secret_file or its permissions`, {
      cause: error,
    })
  }
}
