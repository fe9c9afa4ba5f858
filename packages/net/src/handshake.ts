import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { systemClock, type Clock } from '@mailstead/base'
import { HandshakeError } from './errors.ts'
import { HANDSHAKE_TIME } from './limits.ts'
import type { TlsSource } from './service.ts'

/**
 * The server's side of a handshake on `raw`, which must have no reader. Rejects with `HandshakeError` when it fails,
 * ends or takes more than `HANDSHAKE_TIME`; `raw` is then destroyed.
 *
 * A TLSSocket made by hand reports through `secure` and `_tlsError`, and it leaves errors after the handshake to
 * `_tlsError` too: unheard, a broken record would leave the connection hanging until its idle time-out.
 */
export async function serverHandshake(raw: Socket, source: TlsSource, clock: Clock): Promise<TLSSocket> {
  // The TLSSocket takes it over: half a connection has no use before the handshake, and its end would not be heard.
  raw.allowHalfOpen = false
  const end = clock.now() + HANDSHAKE_TIME
  await firstOctets(raw, clock)
  return handshake(raw, source, clock, end - clock.now())
}

/**
 * Resolves when the client has begun, and leaves what it said to be read. A TLSSocket that finds octets read keeps a buffer of their size for what comes in; one
 * that has to read first, 64 KiB for as long as it lasts.
 */
function firstOctets(raw: Socket, clock: Clock): Promise<void> {
  if (raw.readableLength > 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (failure?: HandshakeError): void => {
      timer.cancel()
      raw.off('readable', onReadable)
      raw.off('close', onClose)
      if (failure === undefined) return resolve()
      raw.destroy()
      reject(failure)
    }
    const onClose = (): void => settle(hungUp())
    // Its end is readable too.
    const onReadable = (): void => settle(raw.readableLength > 0 ? undefined : hungUp())
    const timer = clock.after(HANDSHAKE_TIME, () => settle(tookTooLong()))
    // One listener stays: without any, Node would let what was read flow, to nobody.
    raw.on('readable', stay)
    raw.on('readable', onReadable)
    raw.on('close', onClose)
  })
}

function stay(): void {}

const hungUp = (): HandshakeError => new HandshakeError('closed', 'The client hung up during the TLS handshake')
const tookTooLong = (): HandshakeError => new HandshakeError('timeout', 'The TLS handshake took too long')

function handshake(raw: Socket, source: TlsSource, clock: Clock, time: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { secureContext, asksForCertificate: requestCert = false } = source
    const socket = new TLSSocket(raw, { isServer: true, secureContext, requestCert, rejectUnauthorized: false })
    let settled = false
    const settle = (outcome: HandshakeError | undefined): void => {
      if (settled) return
      settled = true
      timer.cancel()
      socket.off('close', onClose)
      if (outcome === undefined) {
        socket.off('error', onError)
        source.secured?.(socket.getProtocol() ?? 'unknown')
        resolve(socket)
        return
      }
      socket.destroy()
      raw.destroy()
      reject(outcome)
    }
    const onClose = (): void => settle(hungUp())
    const onError = (error: Error): void => settle(new HandshakeError('failed', reason(error), { cause: error }))
    const timer = clock.after(time, () => settle(tookTooLong()))
    socket.on('close', onClose)
    socket.on('error', onError)
    socket.on('_tlsError', (error: Error) => {
      if (settled) socket.destroy(error)
      else onError(error)
    })
    socket.once('secure', () => {
      socket.authorized = requestCert && isVerified(socket)
      settle(undefined)
    })
  })
}

/**
 * Whether OpenSSL found the client's certificate good. Node's own server asks the handle too; a TLSSocket made by hand
 * leaves `authorized` as it was.
 */
function isVerified(socket: TLSSocket): boolean {
  const { _handle: handle } = socket as unknown as { readonly _handle: { verifyError(): Error | null } | null }
  return handle !== null && handle.verifyError() === null
}

/** OpenSSL's own reason without its file and line: `no shared cipher`. */
function reason(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
}

export interface UpgradeOptions {
  /** The reply that tells the client to begin, with its CRLF; an octet a character. */
  readonly goAhead?: string
  readonly clock?: Clock
}

/**
 * STARTTLS: turns a connection in clear into an encrypted one. The caller has parsed the command, drops whatever
 * stands behind it in its own buffers, and passes its reply as `goAhead`. What the client sent before that reply
 * and nobody read is dropped here, so that no command given in clear is ever taken for an encrypted one
 * (RFC 3207 section 4.2, RFC 9051 section 11.1). Removes the `data`, `readable` and `end` listeners of `raw`.
 * Rejects with `HandshakeError`; the connection is then over.
 */
export async function upgradeToTls(raw: Socket, source: TlsSource, options: UpgradeOptions = {}): Promise<TLSSocket> {
  for (const event of ['data', 'readable', 'end'] as const) raw.removeAllListeners(event)
  raw.pause()
  if (options.goAhead !== undefined) {
    // Of an end that was read already TLS would not hear, and wait for its whole time.
    let ended = raw.readableEnded
    raw.once('end', () => (ended = true))
    while (raw.read() !== null);
    await flush(raw, options.goAhead)
    if (ended) {
      raw.destroy()
      throw new HandshakeError('closed', 'The client hung up before the TLS handshake')
    }
  }
  return serverHandshake(raw, source, options.clock ?? systemClock)
}

/** Resolves once the reply is with the kernel: nothing of ours in clear may follow the first encrypted octet. */
function flush(raw: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(new HandshakeError('closed', 'The client hung up before the TLS handshake'))
    const done = (error?: Error | null): void => {
      raw.off('close', closed)
      raw.off('error', closed)
      if (error) closed()
      else resolve()
    }
    raw.once('close', closed)
    raw.once('error', closed)
    raw.write(text, 'latin1', done)
  })
}
