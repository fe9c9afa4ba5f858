import assert from 'node:assert/strict'
import { join } from 'node:path'
import { freePortBase, run, start, type Spawned, type StartOptions } from './harness.ts'
import { ImapClient } from './imap-client.ts'

/** A server in a process of its own, on ports of its own. */
export interface Running extends Spawned {
  readonly dir: string
  readonly base: number
  /** Runs a command on the data folder. */
  mailstead(line: string | readonly string[], input?: string): ReturnType<typeof run>
  login(user: string, password: string): Promise<ImapClient>
  stop(): Promise<void>
}

export interface ServeOptions extends StartOptions {
  readonly args?: readonly string[]
}

/** `mailstead serve`, once it is ready. */
export async function serve(dir: string, { args = [], ...options }: ServeOptions = {}): Promise<Running> {
  const base = await freePortBase()
  const spawned = start(['serve', '--data', dir, '--port-base', `${base}`, ...args], options)
  const clients: ImapClient[] = []
  await spawned.printed(/is ready|^\}\n/m)
  return {
    ...spawned,
    dir,
    base,
    mailstead: (line, input) => run([...(typeof line === 'string' ? line.split(' ') : line), '--data', dir], input),
    async login(user, password) {
      const client = new ImapClient(base + 993, join(dir, 'ca.pem'))
      clients.push(client)
      await client.until(/^\* OK.*\r\n/)
      const answer = await client.command(`LOGIN "${user}" "${password}"`)
      if (!/^t OK/m.test(answer)) throw new Error(answer)
      return client
    },
    async stop() {
      for (const client of clients) client.end()
      spawned.child.kill('SIGKILL')
      await spawned.ended()
    },
  }
}

/** A data folder with one account, `ann@example.org`, whose password is `secret one`. */
export async function withAccount(dir: string): Promise<string> {
  const domain = await run(`domain add example.org --data ${dir}`)
  assert.equal(domain.code, 0, domain.err)
  const account = await run(`account add ann@example.org --password-stdin --quota 1G --data ${dir}`, 'secret one\n')
  assert.equal(account.code, 0, account.err)
  return dir
}
