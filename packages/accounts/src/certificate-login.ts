import type { CertificateCredentials, ClientCertificate, LoginContext, LoginResult } from '@mailstead/sasl'
import type { Account } from '@mailstead/store'
import type { Doorkeeper } from './doorkeeper.ts'

/** Answers EXTERNAL: the certificate's mail addresses are the accounts that it may act as. */
export class CertificateLogin implements CertificateCredentials {
  readonly #door: Doorkeeper

  constructor(door: Doorkeeper) {
    this.#door = door
  }

  async checkCertificate({ addresses, subject }: ClientCertificate, authorize: string, context: LoginContext): Promise<LoginResult> {
    try {
      const named = await this.#named(addresses)
      const wanted = authorize === '' ? undefined : await this.#door.find(authorize)
      const [account, another] = authorize === '' ? named : named.filter(({ id }) => id === wanted?.id)
      const refuse = (reason: string): LoginResult => this.#door.refuse('bad-credentials', authorize, `${reason} (${subject})`, context)
      if (account === undefined) {
        return refuse(authorize === '' ? 'the certificate names no account' : `the certificate does not name ${authorize}`)
      }
      // RFC 4422 appendix A.1: without a name to act as, there has to be one that follows from the certificate.
      if (another !== undefined) return refuse('the certificate names several accounts, and the client none')
      return await this.#door.admit({ account, login: subject, authorize, credential: undefined }, context)
    } catch (error) {
      return this.#door.failed(error, subject, context)
    }
  }

  async #named(addresses: readonly string[]): Promise<Account[]> {
    const found = await Promise.all(addresses.filter((address) => address.includes('@')).map((address) => this.#door.find(address)))
    const byId = new Map(found.flatMap((account) => (account === undefined ? [] : [[account.id, account] as const])))
    return [...byId.values()]
  }
}
