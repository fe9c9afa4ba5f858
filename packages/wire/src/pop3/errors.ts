/** A line that follows no rule of RFC 2449 section 3. The message is fit for the client. */
export class Pop3SyntaxError extends Error {
  override name = 'Pop3SyntaxError'
}
