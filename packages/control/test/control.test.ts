import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { ControlError, connectControl, serveControl, type ControlClient, type ControlServer } from '@mailstead/control'

class KnownError extends Error {
  override name = 'KnownError'
  readonly code = 'no-such-thing'
}

interface Target {
  echo(...args: unknown[]): Promise<unknown[]>
  many(count: number): Promise<{ n: number }[]>
  fail(kind: string): Promise<void>
  wait(): Promise<string>
  secret(): Promise<string>
}

interface Bench {
  readonly dir: string
  readonly server: ControlServer
  readonly client: ControlClient
  readonly target: Target
  readonly release: () => void
}

async function start(t: TestContext, below = ''): Promise<Bench> {
  const root = mkdtempSync(join(tmpdir(), 'control-'))
  const dir = join(root, below)
  mkdirSync(dir, { recursive: true })
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const target: Target = {
    echo: async (...args) => [args],
    many: async (count) => Array.from({ length: count }, (_, n) => ({ n })),
    async fail(kind) {
      if (kind === 'known') throw new KnownError('no such thing here')
      throw new Error('table account is missing')
    },
    wait: async () => gate.then(() => 'waited'),
    secret: async () => 'secret',
  }
  const server = await serveControl({
    dir,
    exposed: { test: { target, methods: ['echo', 'many', 'fail', 'wait'] } },
    log: silentLogger,
  })
  const client = await connectControl(dir)
  t.after(async () => {
    release()
    client.close()
    await server.close()
    rmSync(root, { recursive: true, force: true })
  })
  return { dir, server, client, target: client.group('test') as Target, release }
}

test('arguments and results come through, undefined too', async (t) => {
  const { target } = await start(t)
  const args = [1, 'ü\n', null, undefined, { a: undefined, b: [undefined, true] }]
  assert.deepEqual(await target.echo(...args), [args])
})

test('a long list comes in parts and arrives whole', async (t) => {
  const { target } = await start(t)
  const rows = await target.many(12_345)
  assert.equal(rows.length, 12_345)
  assert.deepEqual([rows[0], rows.at(-1)], [{ n: 0 }, { n: 12_344 }])
})

test('an error with a code keeps it; a fault shows nothing internal', async (t) => {
  const { target } = await start(t)
  await assert.rejects(target.fail('known'), { name: 'KnownError', code: 'no-such-thing', message: 'no such thing here' })
  await assert.rejects(target.fail('fault'), (error: Error) => error instanceof ControlError && !error.message.includes('table'))
})

for (const method of ['test.secret', 'test.toString', 'test.constructor', 'other.echo', 'constructor.echo', 'echo', '']) {
  test(`unreachable: ${JSON.stringify(method)}`, async (t) => {
    const { client } = await start(t)
    await assert.rejects(client.call(method, []), { name: 'ControlError', code: 'unknown-method' })
  })
}

test('requests of one connection do not wait for each other', async (t) => {
  const { target, release } = await start(t)
  const slow = target.wait()
  assert.deepEqual(await target.echo(1), [[1]])
  release()
  assert.equal(await slow, 'waited')
})

test('closing lets what runs finish, and removes the socket', async (t) => {
  const { target, server, release, dir } = await start(t)
  const slow = target.wait()
  await target.echo()
  const closed = server.close()
  release()
  assert.equal(await slow, 'waited')
  await closed
  assert.equal(existsSync(server.path), false)
  await assert.rejects(connectControl(dir), { code: 'not-running' })
  await assert.rejects(target.echo(), { code: 'lost' })
})

test('the socket is private, and a stale one is replaced', async (t) => {
  const { server, dir } = await start(t)
  assert.equal(statSync(server.path).mode & 0o777, 0o600)
  await server.close()
  writeFileSync(join(dir, 'control.sock'), 'left by a crash')
  const again = await serveControl({ dir, exposed: {}, log: silentLogger })
  ;(await connectControl(dir)).close()
  await again.close()
})

test('a path too long for a socket address is reached by a short one', async (t) => {
  const { server, target, dir } = await start(t, 'd'.repeat(120))
  assert.equal(dirname(server.path) === dir, false)
  assert.equal(statSync(dirname(server.path)).mode & 0o777, 0o700)
  assert.deepEqual(await target.echo(2), [[2]])
  await server.close()
  assert.equal(existsSync(dirname(server.path)), false)
  assert.equal(existsSync(join(dir, 'control.path')), false)
})

for (const [what, line] of [
  ['no JSON', 'hello\n'],
  ['no request', '{"id":"x"}\n'],
  ['an endless line', 'x'.repeat(1024 * 1024 + 1)],
] as const) {
  test(`${what}: the connection ends, the server lives`, async (t) => {
    const { server, target } = await start(t)
    const socket = connect(server.path)
    socket.on('error', () => undefined)
    socket.write(line)
    socket.resume()
    await once(socket, 'close')
    assert.deepEqual(await target.echo(3), [[3]])
  })
}

test('a request beyond the limit is refused before it is sent', async (t) => {
  const { target } = await start(t)
  await assert.rejects(target.echo('x'.repeat(1024 * 1024)), { code: 'too-long' })
})

test('a client that is closed waits for no server', async (t) => {
  const { dir, client, target } = await start(t)
  const hanging = await connectControl(dir)
  const call = hanging.call('test.wait', [])
  hanging.close()
  await assert.rejects(call, { code: 'lost' })
  assert.deepEqual(await client.call('test.echo', [1]), await target.echo(1))
})
