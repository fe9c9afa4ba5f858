import assert from 'node:assert/strict'
import type { Party } from './party.ts'
import type { World } from './world.ts'

/**
 * One thing that has to be so. `begin` sends, so that all is under way while `end` waits for what comes of it; once all have ended `last` looks at
 * what must not have come. A text says why it could not be tried.
 */
export interface Check {
  readonly name: string
  readonly begin?: (world: World) => Promise<void>
  readonly end?: (world: World) => Promise<string | undefined>
  readonly last?: (world: World) => Promise<void>
}

const PAUSE = 200

/** What `find` gives as soon as it is there; rejects after the world's patience with what is `missing`. */
export async function wait<T>(
  { patience }: World,
  find: () => Promise<T | undefined>,
  missing: () => string | Promise<string>,
): Promise<T> {
  const end = Date.now() + patience
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    if (Date.now() > end) assert.fail(await missing())
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

/** Lines of a log that have the text, the last ones. */
export const logged = (party: Party, text: string): string =>
  party
    .log()
    .split('\n')
    .filter((line) => line.includes(text))
    .slice(-5)
    .join('\n')

const isReport = (message: string): boolean => /^Content-Type: multipart\/report/im.test(headerOf(message))
export const headerOf = (message: string): string => message.split('\r\n\r\n', 1).join('')

/** How the last server says that it took it. */
export const cameEncrypted = (message: string): boolean =>
  /ESMTPS|UTF8SMTPS|using TLSv1/i.test(headerOf(message).split(/\r\n(?=Received:)/i)[1] ?? '')

/** The messages of a mailbox with this token in their header, reports apart. */
export async function withToken(party: Party, token: string): Promise<readonly string[]> {
  return (await party.messages()).filter((message) => !isReport(message) && headerOf(message).includes(token))
}

/** Reports that bring back something with this token. */
export async function reportsOn(party: Party, token: string): Promise<readonly string[]> {
  return (await party.messages()).filter((message) => isReport(message) && message.includes(token))
}
