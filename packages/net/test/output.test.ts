import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { suite, test, type TestContext } from 'node:test'
import { systemClock } from '@mailstead/base'
import { Output } from '../src/output.ts'

interface Pair {
  readonly output: Output
  readonly theirs: Socket
}

async function pair(t: TestContext): Promise<Pair> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  const [ours] = await accepted
  t.after(() => {
    theirs.destroy()
    ours.destroy()
    server.close()
  })
  return { output: new Output(ours, systemClock, 60_000, undefined), theirs }
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let size = 0; size < length;) {
    const [piece] = (await once(socket.resume(), 'data')) as [Buffer]
    pieces.push(piece)
    size += piece.length
  }
  return Buffer.concat(pieces)
}

suite('output', () => {
  test('pieces of all sizes go out in their order', async (t) => {
    const { output, theirs } = await pair(t)
    const sizes = [10, 2000, 100, 20_000, 3, 300_000, 65_536, 5000, 5000, 70_000, 1]
    const all = sizes.map((size, index) => Buffer.alloc(size, 97 + index))
    for (const [index, piece] of all.entries()) {
      output.write(`${index} `)
      output.bytes(piece)
    }
    output.flush()
    const expected = Buffer.concat(all.flatMap((piece, index) => [Buffer.from(`${index} `), piece]))
    assert.ok((await read(theirs, expected.length)).equals(expected))
  })

  test('memory that is given back is not looked at any more', async (t) => {
    const { output, theirs } = await pair(t)
    const size = 40_000
    const count = 500
    for (let index = 0; index < count; index++) {
      const octets = new Uint8Array(size).fill(index % 251)
      output.bytes(octets)
      output.whenSent(() => {
        octets.fill(255)
        octets.buffer.transfer(0)
      })
    }
    output.flush()
    const came = await read(theirs, size * count)
    for (let index = 0; index < count; index++) {
      const part = came.subarray(index * size, (index + 1) * size)
      assert.ok(part.equals(Buffer.alloc(size, index % 251)), `piece ${index}`)
    }
  })

  test('what is sent is told of once it has left, and not before', async (t) => {
    const { output, theirs } = await pair(t)
    const told = new Set<string>()
    output.write('first')
    output.whenSent(() => told.add('first'))
    assert.equal(told.size, 0)
    output.flush()
    await read(theirs, 5)
    theirs.pause()
    assert.deepEqual([...told], ['first'])
    output.bytes(Buffer.alloc(20 * 1024 * 1024))
    output.whenSent(() => told.add('much'))
    output.write('last')
    output.flush()
    assert.notEqual(output.drain(), undefined)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual([...told], ['first'])
    await read(theirs, 20 * 1024 * 1024 + 4)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([...told], ['first', 'much'])
    assert.equal(output.drain(), undefined)
  })
})
