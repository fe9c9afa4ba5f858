import type { SecureContext } from 'node:tls'

/** What can be answered: the commands, `CONNECT` (the greeting), `END` (the dot behind a message) and `CHUNK` (octets of BDAT LAST). */
export type PeerMoment =
  'CONNECT' | 'EHLO' | 'HELO' | 'LHLO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'END' | 'BDAT' | 'CHUNK' | 'RSET' | 'QUIT'

/**
 * A reply of one or several lines without line ends; or nothing for ever, where a reply comes before it not even reading; or the end of the connection, with a reply
 * before it or without.
 */
export type PeerAct = string | { readonly stall: true; readonly reply?: string } | { readonly drop: true; readonly reply?: string }

/** An act each time; of a list the next one each time over all connections, the last one again and again. A function gets the command's line. */
export type PeerReaction = PeerAct | readonly PeerAct[] | ((line: string) => PeerAct)

export interface PeerScript {
  readonly on?: Partial<Record<PeerMoment, PeerReaction>>
  /** What EHLO offers behind the name; PIPELINING and the like. */
  readonly offers?: readonly string[]
  /** Offered once TLS has begun, instead of `offers`. */
  readonly offersInTls?: readonly string[]
  /** For STARTTLS, which is offered then; without one the handshake is answered with something that is none, or not at all. */
  readonly tls?: SecureContext | 'broken' | 'silent'
  /** TLS from the first octet on. */
  readonly implicitTls?: boolean
  /** A reply for each recipient behind the message. */
  readonly lmtp?: boolean
  /** The connection is cut once this many octets came, or went. First connection only, unless `cutEvery`. */
  readonly cutAfterReceived?: number
  readonly cutAfterSent?: number
  readonly cutEvery?: boolean
}

/** A message that the peer has taken with a reply of class 2, recipients refused left out. */
export interface PeerMessage {
  /** The whole lines. */
  readonly mail: string
  readonly recipients: readonly string[]
  /** An octet a character. */
  readonly content: string
  readonly secure: boolean
  /** 1 for the first connection. */
  readonly connection: number
}

/** The shared part of all connections of a peer. */
export class PeerState {
  readonly script: PeerScript
  readonly lines: string[] = []
  readonly messages: PeerMessage[] = []
  readonly #turns = new Map<PeerMoment, number>()
  connections = 0
  mostOpen = 0
  received = 0
  sent = 0

  constructor(script: PeerScript) {
    this.script = script
  }

  act(moment: PeerMoment, line: string, otherwise: PeerAct): PeerAct {
    const reaction = this.script.on?.[moment]
    if (reaction === undefined) return otherwise
    if (typeof reaction === 'function') return reaction(line)
    if (!isList(reaction)) return reaction
    const turn = this.#turns.get(moment) ?? 0
    this.#turns.set(moment, turn + 1)
    return reaction[Math.min(turn, reaction.length - 1)] ?? otherwise
  }
}

const isList = (reaction: PeerReaction): reaction is readonly PeerAct[] => Array.isArray(reaction)
