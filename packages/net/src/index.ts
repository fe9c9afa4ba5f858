export type * from './service.ts'
export { canonicalAddress, isLoopback, loopbackAddresses } from './address.ts'
export { drainAll } from './drain.ts'
export {
  ConnectionLost,
  HandshakeError,
  ListenError,
  TlsError,
  type HandshakeErrorCode,
  type ListenErrorCode,
  type TlsErrorCode,
} from './errors.ts'
export { ConnectionGate, type Admission, type GateOptions } from './gate.ts'
export { upgradeToTls, type UpgradeOptions } from './handshake.ts'
export {
  listen,
  listenOnSocket,
  type Closable,
  type Listener,
  type ListenOptions,
  type Served,
  type SocketListenOptions,
} from './listen.ts'
export { Output } from './output.ts'
export type { UnixSocket } from './unix-socket.ts'
export { createWireTap } from './wire-tap.ts'
export { tlsChannel, type TlsChannel } from './tls/channel.ts'
export { openTls, type CertificateInfo, type OpenTlsOptions, type TlsStore } from './tls/open.ts'
