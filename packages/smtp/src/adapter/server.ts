import { SMTPServer } from 'smtp-server'

/**
 * What smtp-server's connections ask of their server: options and the set of connections. It listens nowhere and
 * knows no certificate: sockets and TLS come from our own listeners.
 */
export class LibraryServer extends SMTPServer {
  constructor() {
    super({
      logger: false,
      disableReverseLookup: true,
      // AUTH, enhanced codes and parameters are ours; what the library would say to them stays silent.
      authOptional: true,
      hideENHANCEDSTATUSCODES: true,
      disabledCommands: [],
      onConnect: (_session, callback) => callback(),
      onSecure: (_socket, _session, callback) => callback(),
    })
  }

  /** Would load the certificate whose private key the library publishes. */
  override updateSecureContext(): void {}

  override _warnAboutDefaultCertificate(): void {}
}
