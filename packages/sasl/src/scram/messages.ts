/** Messages of SCRAM, RFC 5802 section 7. Syntax only. */
import { decodeResponse } from '../base64.ts'
import { isField } from '../text.ts'

export interface ClientFirst {
  /** `n`, `y`, or the type of channel binding behind `p=`. */
  readonly flag: 'no-binding' | 'server-has-none' | { readonly type: string }
  /** With its commas, as `c=` repeats it. */
  readonly gs2Header: string
  /** Empty: none given. */
  readonly authorize: string
  readonly user: string
  readonly nonce: string
  /** client-first-message-bare, for the AuthMessage. */
  readonly bare: string
}

export interface ClientFinal {
  /** cbind-input, decoded. */
  readonly binding: Uint8Array
  readonly nonce: string
  readonly proof: Uint8Array
  /** client-final-message-without-proof, for the AuthMessage. */
  readonly withoutProof: string
}

/** gs2-cbind-flag "," [ authzid ] "," username "," nonce ["," extensions]. A mandatory extension (`m=`) is refused: none is known. */
const FIRST = /^((n|y|p=([A-Za-z0-9.-]+)),(?:a=([^,\0]+))?,)(n=([^,\0]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*)$/

/** channel-binding "," nonce ["," extensions] "," proof. */
const FINAL = /^(c=([^,\0]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*),p=([^,\0]+)$/

export function parseClientFirst(text: string): ClientFirst | undefined {
  const [, gs2Header = '', flag = '', type, authzid, bare = '', username = '', nonce = ''] = FIRST.exec(text) ?? []
  const user = saslname(username)
  const authorize = authzid === undefined ? '' : saslname(authzid)
  if (user === undefined || authorize === undefined || !isField(nonce)) return undefined
  return { flag: type === undefined ? plainFlag(flag) : { type }, gs2Header, authorize, user, nonce, bare }
}

export function parseClientFinal(text: string): ClientFinal | undefined {
  const [, withoutProof = '', channel = '', nonce = '', signed = ''] = FINAL.exec(text) ?? []
  const binding = base64(channel)
  const proof = base64(signed)
  return binding === undefined || proof === undefined ? undefined : { binding, nonce, proof, withoutProof }
}

const plainFlag = (flag: string): 'no-binding' | 'server-has-none' => (flag === 'y' ? 'server-has-none' : 'no-binding')

/** `=2C` and `=3D` stand for comma and equals sign; no other use of `=` is allowed. */
function saslname(text: string): string | undefined {
  if (/=(?!2C|3D)/.test(text) || !isField(text)) return undefined
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

function base64(text: string): Uint8Array | undefined {
  const octets = text === '' || text === '=' ? undefined : decodeResponse(text)
  return octets instanceof Uint8Array ? octets : undefined
}
