/**
 * One node of a message's part tree. Offsets count octets from the start of the blob. The root is the message itself;
 * a `message` part has one child, the message it holds, whose header starts where the part's body does.
 */
export interface Part {
  /** `opaque`: a multipart or message that is not looked into, or anything beyond a limit. */
  readonly kind: 'leaf' | 'multipart' | 'message' | 'opaque'
  /** Lower-case, after defaults: `text`, `plain`. */
  readonly type: string
  readonly subtype: string
  /** As written, empty where there is none. */
  readonly charset: string
  /** Lower-case content transfer encoding, `7bit` by default. */
  readonly encoding: string
  /** Where the header starts. */
  readonly header: number
  /** Behind the header and its empty line. */
  readonly body: number
  /** Behind the last octet of the body; the line end before a delimiter belongs to the delimiter. */
  readonly end: number
  /** Line feeds in the body of a text or message part, else 0. */
  readonly lines: number
  readonly children: readonly Part[]
}
