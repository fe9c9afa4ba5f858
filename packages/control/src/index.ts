export { type ControlOptions, type ControlServer, type Exposed, serveControl } from './server.ts'
export { type ControlClient, connectControl } from './client.ts'
export { clearSocket } from './place.ts'
export { ControlError, type ControlErrorCode, RemoteError } from './protocol.ts'
