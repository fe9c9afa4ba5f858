/** language-range of RFC 4647 section 2.1, without `*`. */
const RANGE = /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/i

/**
 * The tag of `tags` that a basic language range means, by the lookup of RFC 4647 section 3.4: "ru-RU" finds "ru". Letters
 * of either case are the same. `undefined` when there is none, or when it is no range.
 */
export function lookUpLanguage<Tag extends string>(range: string, tags: readonly Tag[]): Tag | undefined {
  if (!RANGE.test(range)) return undefined
  const subtags = range.toLowerCase().split('-')
  while (subtags.length > 0) {
    const wanted = subtags.join('-')
    const found = tags.find((tag) => tag.toLowerCase() === wanted)
    if (found !== undefined) return found
    subtags.pop()
    // A subtag of one letter only introduces what was behind it.
    if (subtags.length > 1 && subtags.at(-1)?.length === 1) subtags.pop()
  }
  return undefined
}
