/** Octets of a charset by letter: what the platform decodes, turned round. */
const TABLES = new Map<string, ReadonlyMap<string, Buffer>>()

/** `text` in the charset; what it does not have becomes a question mark. */
export function encode(text: string, charset: string): Buffer {
  if (charset === 'utf-8') return Buffer.from(text)
  const table = TABLES.get(charset) ?? tableOf(charset)
  TABLES.set(charset, table)
  return Buffer.concat(Array.from(text, (letter) => table.get(letter) ?? Buffer.from('?')))
}

export function canEncode(text: string, charset: string): boolean {
  return charset === 'utf-8' || new TextDecoder(charset).decode(encode(text, charset)) === text
}

function tableOf(charset: string): ReadonlyMap<string, Buffer> {
  const decoder = new TextDecoder(charset)
  const table = new Map<string, Buffer>()
  const add = (...octets: number[]): void => {
    const letter = decoder.decode(Uint8Array.from(octets))
    if (Array.from(letter).length === 1 && letter !== '\ufffd' && !table.has(letter)) table.set(letter, Buffer.from(octets))
  }
  for (let octet = 0; octet < 256; octet++) add(octet)
  if (['shift_jis', 'euc-jp', 'euc-kr', 'gbk', 'big5'].includes(charset)) {
    for (let first = 0x81; first < 0xff; first++) for (let second = 0x40; second < 0xff; second++) add(first, second)
  }
  return table
}
