import type { SMTPServer, SMTPServerOptions } from 'smtp-server'

const ignore = (): void => {}

/**
 * What smtp-server's connections ask of their server: options, handlers and the set of connections. The library's own server would load a
 * certificate whose private key is published, and with it an HTTP client, for 60 ms of every start. Sockets and TLS come from our own listeners.
 */
export class LibraryServer {
  readonly options: SMTPServerOptions = {
    disableReverseLookup: true,
    // AUTH, enhanced codes and parameters are ours; what the library would say to them stays silent.
    authOptional: true,
    authMethods: [],
    hideENHANCEDSTATUSCODES: true,
    hideDSN: true,
    hideREQUIRETLS: true,
    disabledCommands: [],
  }
  readonly logger = { debug: ignore, info: ignore, error: ignore }
  readonly connections = new Set<object>()
  readonly _closeTimeout = false

  onConnect(_session: object, callback: () => void): void {
    callback()
  }

  onSecure(_socket: object, _session: object, callback: () => void): void {
    callback()
  }

  onClose(): void {}

  /** For the constructor of a connection; the contract test holds what that reads against what is here. */
  get asLibrary(): SMTPServer {
    return this as unknown as SMTPServer
  }
}
