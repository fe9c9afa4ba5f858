/**
 * Lines of JSON over a Unix socket. The client asks `{id, method, args}`; the server answers any number of
 * `{id, part: […]}`, the rows of a long list, and then one `{id, result}` or `{id, error}`. Requests of one
 * connection run side by side; the answers find their way by the id.
 */
export interface Request {
  readonly id: number
  /** `accounts.add` */
  readonly method: string
  readonly args: readonly unknown[]
}

export interface Failure {
  /** The class of the error at the server: `AccountError`. */
  readonly name: string
  readonly code: string
  readonly message: string
}

export type Answer =
  | { readonly id: number; readonly part: readonly unknown[] }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: Failure }

export type ControlErrorCode =
  | 'not-running' // nobody listens on the socket
  | 'not-permitted' // the socket belongs to another user
  | 'lost' // the connection ended before the answer
  | 'too-long' // a request beyond the limit
  | 'unknown-method' // another version of the program runs
  | 'internal' // a fault in the server; its log says which

/** What the socket itself can do wrong. Errors of the methods come through as `RemoteError`. */
export class ControlError extends Error {
  override name = 'ControlError'
  readonly code: ControlErrorCode

  constructor(code: ControlErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** An error with a code that a method threw at the server; `name`, `code` and `message` are the original's. */
export class RemoteError extends Error {
  readonly code: string

  constructor({ name, code, message }: Failure) {
    super(message)
    this.name = name
    this.code = code
  }
}

export function isRequest(value: unknown): value is Request {
  if (typeof value !== 'object' || value === null) return false
  const { id, method, args } = value as Partial<Request>
  return Number.isSafeInteger(id) && typeof method === 'string' && Array.isArray(args)
}

export function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && Number.isSafeInteger((value as Partial<Answer>).id)
}
