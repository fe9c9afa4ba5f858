/** A server in Node.js that only answers: what one cannot be better than that is written for it. Prints its port. */
import { type AddressInfo, createServer } from 'node:net'

const ANSWER = Buffer.alloc(30, 'x')

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(ANSWER))
  socket.on('error', () => {})
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
