import { corpusFolder, corpusMessages } from '@mailstead/testkit'

/** Larger ones are few and cost the reference more than they tell. */
const MAX_MESSAGE = 200 * 1024

/** The corpus, each message once; nothing where there is none. */
export function realMail(options: { readonly archives?: boolean } = {}): Buffer[] {
  const folder = corpusFolder()
  const all = folder === undefined ? [] : Array.from(corpusMessages(folder, options), ({ octets }) => octets)
  const distinct = new Map(all.map((octets) => [octets.toString('latin1'), octets]))
  // APPEND takes NUL only in another form of literal, and changes the message then (RFC 3516 section 4.4).
  return [...distinct.values()].filter((octets) => octets.length > 0 && octets.length <= MAX_MESSAGE && !octets.includes(0))
}
