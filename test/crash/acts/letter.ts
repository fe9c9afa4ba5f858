/** Messages that are made of their names alone, so that whoever finds one knows what it has to be. */

export interface Letter {
  readonly name: string
  readonly text: string
}

/** `name` ends with the octets of the body, about: `m17-4000`. */
export function letter(name: string): Letter {
  const size = Number(name.split('-')[1])
  const line = `${name} ${'all of it or nothing '.repeat(3)}\r\n`
  return { name, text: `Subject: ${name}\r\nMessage-ID: <${name}@crash.test>\r\n\r\n${line.repeat(1 + Math.floor(size / line.length))}` }
}
