import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Random } from '@mailstead/testkit'
import { SmtpClient } from '../../../bench/clients.ts'
import { Client } from '../../../packages/imap/test/client.ts'
import { Pop3Client } from '../../../packages/pop3/test/client.ts'
import { acts } from './acts.ts'
import type { Ledger } from './ledger.ts'
import { letter, type Letter } from './letter.ts'
import { look } from './look.ts'
import { differences, emptyState, type State } from './state.ts'

export interface Ports {
  readonly smtp: number
  readonly imap: number
  readonly pop3: number
}

/** A way for the rig to lie to itself, so that it is known to see what it looks for. */
export type Mistake = 'early' | 'twice' | 'halves'

export interface OwnerOptions {
  readonly user: string
  readonly password: string
  readonly ports: Ports
  readonly random: Random
  readonly ledger: Ledger
  readonly mistake: Mistake | undefined
}

/**
 * One account and the one client who uses it: so its mailboxes are always as they were before the act under way, or as after it. Every connection
 * is lost when the server is killed.
 */
export class Owner {
  readonly user: string
  readonly random: Random
  readonly ledger: Ledger
  readonly mistake: Mistake | undefined
  readonly #password: string
  readonly #ports: Ports
  #sockets: Socket[] = []
  #letters = 0
  /** Acts that were answered. */
  acknowledged = 0
  state: State = emptyState()
  #pending: State | undefined

  constructor({ user, password, ports, random, ledger, mistake }: OwnerOptions) {
    this.user = user
    this.#password = password
    this.#ports = ports
    this.random = random
    this.ledger = ledger
    this.mistake = mistake
  }

  /** Looks at everything, and takes what is found for the truth from now on. Resolves to what is wrong with it. */
  async check(): Promise<string[]> {
    const client = await this.imap()
    const { state, problems } = await look(client, this.ledger)
    const allowed = this.#pending === undefined ? [this.state] : [this.state, this.#pending]
    // The mailboxes that a new account has are no act of the owner's.
    const wrong = this.acknowledged === 0 && this.#pending === undefined ? [] : differences(state, allowed)
    this.state = state
    this.#pending = undefined
    this.leave()
    return [...problems, ...wrong].map((problem) => `${this.user}: ${problem}`)
  }

  /** Acts until the server is gone. */
  async work(): Promise<void> {
    try {
      const client = await this.imap()
      for (;;) await this.random.pick(acts)(this, client)
    } catch (error) {
      if (error instanceof Refused) throw error
      this.leave()
    }
  }

  /**
   * One act whose success means `after`. What it throws leaves open which of the two holds; an answer that refuses it is an error
   * of the rig or of the server, as nothing here asks for what cannot be.
   */
  async does(after: State, act: () => Promise<string>): Promise<string> {
    this.#pending = after
    if (this.mistake === 'early' && this.random.chance(0.2)) this.#acknowledge()
    const answer = await act()
    if (!/^(\S+ OK|250|\+OK)/.test(answer)) throw new Refused(`${this.user}: ${answer}`)
    if (this.mistake === 'twice' && this.random.chance(0.02)) await act()
    this.#acknowledge(after)
    return answer
  }

  #acknowledge(after = this.#pending): void {
    if (after !== undefined) this.state = after
    this.#pending = undefined
    this.acknowledged++
  }

  /** The UIDs of messages that came without telling them. */
  learn(state: State): void {
    this.state = state
  }

  write(): Letter {
    const size = this.random.chance(0.05) ? this.random.int(700_000) : this.random.int(6000)
    return letter(`${this.user.split('@')[0] ?? ''}${++this.#letters}-${size}`)
  }

  async imap(): Promise<Client> {
    const client = new Client(await this.#connect(this.#ports.imap))
    await client.response()
    await client.ok(`LOGIN ${this.user} ${this.#password}`)
    return client
  }

  async pop3(): Promise<Pop3Client> {
    const client = new Pop3Client(await this.#connect(this.#ports.pop3))
    await client.line()
    await client.ask(`USER ${this.user}`)
    const login = await client.ask(`PASS ${this.#password}`)
    if (!login.startsWith('+OK')) throw new Refused(`${this.user}: ${login}`)
    return client
  }

  smtp(): Promise<SmtpClient> {
    return SmtpClient.open(this.#ports.smtp)
  }

  async #connect(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    this.#sockets.push(socket)
    await once(socket, 'connect')
    socket.on('error', () => {})
    return socket
  }

  /** Closes its connections. */
  leave(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets = []
  }
}

/** The server said no to what it should do. */
export class Refused extends Error {}
