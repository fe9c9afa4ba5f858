import { login } from './login.ts'
import type { Mechanism } from './mechanism.ts'
import { plain } from './plain.ts'

/** In the order of announcement: clients that take the first get the better one. */
const MECHANISMS: readonly Mechanism[] = [plain, login]

/** What may be announced on a connection that is encrypted or excused (`secure`), or is not. */
export function mechanismsFor(connection: { readonly secure: boolean }): Mechanism[] {
  return MECHANISMS.filter((mechanism) => connection.secure || !mechanism.plaintext)
}

/** By its name in any case; also when it may not be used here: its exchange then ends with `encryption-required`. */
export function findMechanism(name: string): Mechanism | undefined {
  const wanted = name.toUpperCase()
  return MECHANISMS.find((mechanism) => mechanism.name === wanted)
}
