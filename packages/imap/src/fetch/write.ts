import { ConnectionLost } from '@mailstead/net'
import type { CommandContext } from '../command.ts'
import { pieceSize } from './body.ts'
import type { FetchValue, Piece, Pieces } from './item.ts'
import type { FetchedMessage } from './message.ts'

type Context = Pick<CommandContext, 'respond' | 'peer'>

/** What can be printed without waiting. */
export type AtHand = string | Uint8Array | { readonly pieces: readonly Uint8Array[]; readonly binary?: boolean }

export function isAtHand(value: FetchValue | Promise<FetchValue>): value is AtHand {
  if (typeof value === 'string' || value instanceof Uint8Array) return true
  return 'pieces' in value && value.pieces.every((piece) => piece instanceof Uint8Array)
}

export function writeAtHand(respond: Context['respond'], value: AtHand): void {
  if (typeof value === 'string') return respond.write(value)
  if (value instanceof Uint8Array) return respond.bytes(value)
  respond.write(announcement(value))
  for (const piece of value.pieces) respond.bytes(piece)
}

function announcement({ pieces, binary }: Pieces): string {
  return `${binary === true ? '~' : ''}{${pieces.reduce((sum, piece) => sum + pieceSize(piece), 0)}}\r\n`
}

/** Makes sure that the octets of a value that are still in the store can be read. */
export async function prepareValue(message: FetchedMessage, value: FetchValue): Promise<void> {
  if (typeof value === 'string' || value instanceof Uint8Array) return
  for (const piece of value.pieces) if (!(piece instanceof Uint8Array) && 'start' in piece) await message.prepare(piece.start, piece.end)
}

/** Prints a value of `message`; `where`: for the log. */
export async function writeValue({ respond, peer }: Context, message: FetchedMessage, value: FetchValue, where: object): Promise<void> {
  if (isAtHand(value)) return writeAtHand(respond, value)
  respond.write(announcement(value))
  try {
    for (const piece of value.pieces) await writePiece(respond, message, piece)
  } catch (error) {
    if (error instanceof ConnectionLost) throw error
    // The client waits for octets that will never come, and takes whatever follows for them: there is no other way out.
    peer.log.error('imap: a message cannot be read to its end', { ...where, uid: message.uid, error })
    peer.destroy()
    throw new ConnectionLost('a literal could not be finished')
  }
}

async function writePiece(respond: Context['respond'], message: FetchedMessage, piece: Piece): Promise<void> {
  if (piece instanceof Uint8Array) return respond.bytes(piece)
  for await (const octets of 'start' in piece ? message.read(piece.start, piece.end) : piece.octets()) {
    respond.bytes(octets)
    if ('start' in piece) respond.whenSent(() => message.release(octets))
    await respond.drain()
  }
}
