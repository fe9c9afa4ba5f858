import iconv from 'iconv-lite'

/** Octets of a charset to text, in slices. Never throws: what cannot be read becomes U+FFFD. */
export interface CharsetDecoder {
  write(octets: Uint8Array): string
  end(): string
}

/** Encodings of iconv-lite that are no charsets. */
const NO_CHARSETS = new Set(['base64', 'hex', 'binary', 'internal'])

/** Labels that say nothing: their text is guessed. Eight bits labelled US-ASCII are somebody's mistake. */
const GUESSED = new Set(['', 'us-ascii', 'ascii', 'unknown', 'unknown-8bit', 'x-unknown', 'default', '8bit', '7bit'])

/** Charsets whose letters Node 24 cannot decode in slices: it throws at some that are none. */
const THROWING = new Set(['gbk', 'gb18030'])

/** Whether text in `label`'s charset can be read. */
export function knowsCharset(label: string): boolean {
  const name = label.trim().toLowerCase()
  return name === 'us-ascii' || (!GUESSED.has(name) && (inIconv(name) || webDecoder(name) !== undefined))
}

/**
 * A decoder for the charset; for an unknown one UTF-8 as long as the octets are that, and windows-1252 behind them. What the
 * platform knows it reads as the web does, iso-8859-1 as the Windows charset that contains it; iconv-lite reads the rest.
 */
export function charsetDecoder(label: string): CharsetDecoder {
  const name = label.trim().toLowerCase()
  if (GUESSED.has(name)) return new GuessingDecoder()
  // The byte order mark decides, and the web passes over it.
  const web = name === 'utf-16' ? undefined : webDecoder(name)
  if (web !== undefined && THROWING.has(web.encoding)) return inWords(web.encoding)
  if (web !== undefined) return { write: (octets) => web.decode(octets, { stream: true }), end: () => web.decode() }
  if (!inIconv(name)) return new GuessingDecoder()
  const decoder = iconv.getDecoder(name)
  // iconv-lite 0.7 ends CESU-8 with the number 0.
  const all = { write: (octets: Uint8Array) => decoder.write(toBuffer(octets)), end: () => decoder.end() || '' }
  if (/^utf-?(?:16|32)$/.test(name)) return fromTheBeginning(all)
  return name.endsWith('utf-7') || name === 'utf7' ? withoutLeadingMinus(all) : all
}

/** Octets without a sign that ends a word; longer ones are cut anywhere. */
const MAX_WORD = 64 * 1024

/** No letter of GBK or GB18030 goes on with an octet below the digits: pieces that end with one are decoded by themselves. */
function inWords(charset: string): CharsetDecoder {
  let held: Uint8Array = new Uint8Array(0)
  const web = new TextDecoder(charset)
  return {
    write(octets) {
      const all = Buffer.concat([held, octets])
      let end = all.length
      while (end > 0 && (all[end - 1] ?? 0) >= 0x30) end--
      if (end === 0 && all.length > MAX_WORD) end = all.length
      held = all.subarray(end)
      return web.decode(all.subarray(0, end))
    },
    end: () => web.decode(held),
  }
}

/** Enough to tell the order of octets where no mark does. */
const BEGINNING = 64

/** iconv-lite guesses the order of octets by the whole first slice: it gets one that does not depend on how the octets come. */
function fromTheBeginning(decoder: CharsetDecoder): CharsetDecoder {
  let held: Uint8Array | undefined = new Uint8Array(0)
  return {
    write(octets) {
      if (held === undefined) return decoder.write(octets)
      const all = Buffer.concat([held, octets])
      held = all
      if (all.length < BEGINNING) return ''
      held = undefined
      return decoder.write(all.subarray(0, BEGINNING)) + decoder.write(all.subarray(BEGINNING))
    },
    end: () => (held === undefined ? '' : decoder.write(held)) + decoder.end(),
  }
}

const MINUS = 45

/** iconv-lite 0.7 takes a minus at the beginning of a slice for that of "+-", though it ends base64 from before: slices are cut elsewhere. */
function withoutLeadingMinus(decoder: CharsetDecoder): CharsetDecoder {
  let held: Uint8Array = new Uint8Array(0)
  return {
    write(octets) {
      const all = Buffer.concat([held, octets])
      const end = all.length > 0 && all[all.length - 1] !== MINUS ? all.length - 1 : all.length
      held = all.subarray(end)
      return decoder.write(all.subarray(0, end))
    },
    end: () => decoder.write(held) + decoder.end(),
  }
}

export function decodeCharset(octets: Uint8Array, label: string): string {
  const decoder = charsetDecoder(label)
  return decoder.write(octets) + decoder.end()
}

function inIconv(name: string): boolean {
  return !NO_CHARSETS.has(name) && iconv.encodingExists(name)
}

function webDecoder(name: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(name)
  } catch {
    return undefined
  }
}

function toBuffer(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
}

/** UTF-8 as long as the octets are that, then windows-1252; the same in any slices. */
class GuessingDecoder implements CharsetDecoder {
  #utf8: InstanceType<typeof TextDecoder> | undefined = new TextDecoder('utf-8', { fatal: true })
  /** The beginning of a letter that a slice ended with: the decoder holds it too, but does not give it back. */
  #unfinished: Uint8Array = new Uint8Array(0)
  #changed = false

  write(octets: Uint8Array): string {
    return this.#decode(octets, true)
  }

  end(): string {
    return this.#decode(new Uint8Array(0), false)
  }

  #decode(octets: Uint8Array, stream: boolean): string {
    const all = this.#unfinished.length === 0 ? octets : Buffer.concat([this.#unfinished, octets])
    this.#unfinished = new Uint8Array(0)
    if (this.#utf8 !== undefined) {
      try {
        const text = this.#utf8.decode(octets, { stream })
        this.#unfinished = unfinishedLetter(all)
        return text
      } catch {
        this.#utf8 = undefined
      }
    }
    const valid = this.#changed ? 0 : validPrefix(all)
    this.#changed = true
    return (
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(all.subarray(0, valid)) +
      new TextDecoder('windows-1252').decode(all.subarray(valid))
    )
  }
}

/** Octets at the beginning that are whole letters of UTF-8; called once a text, which is not UTF-8 to its end. */
function validPrefix(octets: Uint8Array): number {
  let [valid, end] = [0, octets.length]
  while (valid < end) {
    const middle = Math.ceil((valid + end) / 2)
    if (isUtf8(octets.subarray(0, middle))) valid = middle
    else end = middle - 1
  }
  return valid - unfinishedLetter(octets.subarray(0, valid)).length
}

/** The last letter may be unfinished. */
function isUtf8(octets: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(octets, { stream: true })
    return true
  } catch {
    return false
  }
}

/** The first octets of a UTF-8 sequence that valid octets end with; copied. */
function unfinishedLetter(octets: Uint8Array): Uint8Array {
  for (let length = 1; length <= 3 && length <= octets.length; length++) {
    const octet = octets[octets.length - length] ?? 0
    if (octet >= 0xc0) {
      const needed = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2
      return length < needed ? octets.slice(octets.length - length) : new Uint8Array(0)
    }
  }
  return new Uint8Array(0)
}
