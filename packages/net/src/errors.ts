export type ListenErrorCode = 'in-use' | 'not-allowed' | 'no-such-address' | 'failed'

/** A port that cannot be opened. The message is one line that names it and the remedy. */
export class ListenError extends Error {
  override name = 'ListenError'
  readonly code: ListenErrorCode

  constructor(code: ListenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type TlsErrorCode =
  | 'unreadable' // a file that was named is not there or may not be read
  | 'unwritable' // the data folder takes no files
  | 'invalid' // no certificate, no key, or not a pair

/** The certificate cannot be used or made. The message is one line that names the file and the remedy. */
export class TlsError extends Error {
  override name = 'TlsError'
  readonly code: TlsErrorCode

  constructor(code: TlsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type HandshakeErrorCode = 'timeout' | 'closed' | 'failed'

/** A TLS handshake that came to nothing; the socket is destroyed. For the log: most are scanners and old clients. */
export class HandshakeError extends Error {
  override name = 'HandshakeError'
  readonly code: HandshakeErrorCode

  constructor(code: HandshakeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Node's code of a system error: `EADDRINUSE`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The client is gone, or was sent away: nobody waits for an answer. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
}
