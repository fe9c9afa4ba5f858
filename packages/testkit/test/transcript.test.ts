import assert from 'node:assert/strict'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { playTranscript, TranscriptError, TranscriptSyntaxError } from '@mailstead/testkit'

/** A server that runs `talk` on each connection. */
async function serve(t: TestContext, talk: (socket: Socket, n: number) => void): Promise<{ connect: () => Socket }> {
  let n = 0
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    talk(socket, ++n)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return { connect: () => connect((server.address() as AddressInfo).port, '127.0.0.1') }
}

/** Greets with the connection's number, answers what it got in hexadecimal, one line per packet of the client. */
const echo = (socket: Socket, n: number): void => {
  socket.write(`hello ${n}\r\n`)
  socket.on('data', (chunk) => socket.write(`${chunk.toString('hex')}\r\n`))
}

test('lines go both ways, and each client has its own connection', async (t) => {
  const options = await serve(t, echo)
  await playTranscript('# two\nS: hello 1\nC: ab\nS: 61620d0a\n\nS2: hello 2\nC2: c\nS2: 630d0a\nC1: d\nS1: 640d0a', options)
})

test('raw lines have escapes and no line end, text lines have neither', async (t) => {
  const options = await serve(t, echo)
  await playTranscript(
    'S: hello 1\nCx: a\\x00\\n\\s\\\\\nS: 61000a205c\nC: \\n\nS: 5c6e0d0a\nCx: {repeat 3 x\\n}\nS: 780a780a780a',
    options,
  )
})

test('a variable is taken at its first use and holds afterwards', async (t) => {
  const options = await serve(t, echo)
  const text = 'S: hello {n:\\d{1}}\nC: {n}{known} {5} {{n}\nS: 317a207b357d207b6e7d0d0a\nC: x\nS: {all}'
  assert.deepEqual(await playTranscript(text, { ...options, variables: { known: 'z' } }), { n: '1', known: 'z', all: '780d0a' })
  await assert.rejects(playTranscript('S: hello {n}\nC: a\nS: {n}', options), TranscriptError)
})

test('a variable twice in one line must agree', async (t) => {
  const options = await serve(t, (socket) => socket.write('1 1\r\n1 2\r\n'))
  await playTranscript('S: {a} {a}\nS: 1 2', options)
  await assert.rejects(playTranscript('S: 1 1\nS: {a} {a}', options), TranscriptError)
})

test('UTF-8 text is compared as octets', async (t) => {
  const options = await serve(t, (socket) => socket.write(Buffer.from('café\r\ncaf\xe9\n.\r\n', 'latin1')))
  await assert.rejects(playTranscript('S: café', options), TranscriptError)
  const utf8 = await serve(t, (socket) => socket.write('café\r\n'))
  await playTranscript('S: café', utf8)
  await playTranscript('Sx: caf\\xc3\\xa9', utf8)
})

test('unordered lines may come in any order, but all must come', async (t) => {
  const options = await serve(t, (socket) => socket.write('b\r\na\r\nc\r\n'))
  await playTranscript('S~: a\nS~: b\nS: c', options)
  await assert.rejects(playTranscript('S~: a\nS~: a\nS: c', options), /or: a|came: b/)
})

test('until passes over lines, silence and close are seen', async (t) => {
  const options = await serve(t, (socket) => {
    socket.write('x\r\ny\r\nz 1\r\n')
    socket.on('data', () => socket.end())
  })
  await playTranscript('S: <until z {*}>\nS: <silence 20ms>\nC: bye\nS: <close>', options)
  await assert.rejects(playTranscript('S: x\nS: <silence 20ms>', options), /silence for 20 ms/)
  await assert.rejects(playTranscript('S: x\nS: <close>', options), /the end of the connection/)
})

test('actions are called in their place', async (t) => {
  let greet = (): void => {}
  const options = await serve(t, (socket) => (greet = () => socket.write('now\r\n')))
  const said: string[] = []
  const actions = { greet: (argument: string) => (said.push(argument), greet()) }
  await playTranscript('C: <connect>\nS: <silence 20ms>\n! greet one two\nS: now', { ...options, actions })
  assert.deepEqual(said, ['one two'])
})

test('in a recorded file only given variables and {*} count', async (t) => {
  const options = await serve(t, echo)
  await playTranscript('S: hello {*}\nC: {redacted}{x}{{\nS: 737b787d7b7b0d0a', {
    ...options,
    recorded: true,
    variables: { redacted: 's' },
  })
})

test('an error names line, expectation, arrival and conversation', async (t) => {
  const options = await serve(t, echo)
  await assert.rejects(playTranscript('S: hello 1\nC: a\n\nS: nope', options), (error: Error) => {
    assert.match(error.message, /transcript:4:/)
    assert.match(error.message, /expected: nope/)
    assert.match(error.message, /came: 610d0a/)
    assert.match(error.message, /S1: hello 1\n +C1: a/)
    return true
  })
  await assert.rejects(playTranscript('S: hello 2\nwhat', options), TranscriptSyntaxError)
  await assert.rejects(playTranscript('C: {nothing}', options), /\{nothing\} has no value/)
})

test('a missing line and a line too many are failures', async (t) => {
  const options = await serve(t, (socket) => socket.write('a\r\nb\r\nrest'))
  await assert.rejects(
    playTranscript('S: a\nS: b\nS: c', { ...options, timeoutMs: 30 }),
    /came: nothing, before it without a line end: rest/,
  )
  await assert.rejects(playTranscript('S: a', options), /more than was expected/)
})
