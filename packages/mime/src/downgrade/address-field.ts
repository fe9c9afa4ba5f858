import { parseAddressList, type MailboxAddress } from '../addresses.ts'
import { downgradeDomain } from './domain.ts'
import { encodeText, encodeWords, isAscii, isEncodedWord } from './encode-words.ts'

const ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/
const DOT_ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/

/**
 * An address list without octets above 127: names as encoded words, domains as A-labels, and an address whose local part
 * has no other form as the name of an empty group, which nobody can answer to by mistake (RFC 6857 sections 3.1.5 to 3.1.8).
 * With `angles` a bare address stands in angle brackets.
 */
export function downgradeAddresses(value: string, angles: boolean): string {
  const out: string[] = []
  let open: { readonly name: string; readonly members: MailboxAddress[] } | undefined
  for (const item of parseAddressList(value)) {
    if (item.kind === 'group') open = { name: item.name, members: [] }
    else if (item.kind === 'mailbox' && open !== undefined) open.members.push(item)
    else if (item.kind === 'mailbox') out.push(mailbox(item, angles))
    else if (open !== undefined) {
      out.push(group(open.name, open.members))
      open = undefined
    }
  }
  return out.join(', ')
}

/** Whether every address of the list has a form in ASCII. */
export function areWritable(value: string): boolean {
  return parseAddressList(value).every((item) => item.kind !== 'mailbox' || item.domain === '' || writable(item) !== undefined)
}

function group(name: string, members: readonly MailboxAddress[]): string {
  if (members.every((member) => writable(member) !== undefined)) {
    return `${phrase(name)}: ${members.map((member) => mailbox(member, false)).join(', ')};`
  }
  return emptyGroup(name, members.map(asGiven).join(', '))
}

function mailbox(address: MailboxAddress, angles: boolean): string {
  const { name, local, domain } = address
  if (domain === '') return phrase(name ?? local)
  const written = writable(address)
  if (written === undefined) {
    return emptyGroup(name, `${local}@${domain}`)
  }
  if (name === undefined) return angles ? `<${written}>` : written
  return `${phrase(name)} <${written}>`
}

/** `addresses` as words of a group's name. Without a blank of their own they would be shown as one word with an encoded word before. */
function emptyGroup(name: string | undefined, addresses: string): string {
  if (name === undefined) return `${encodeWords(addresses)} :;`
  const before = phrase(name)
  return `${before} ${encodeWords(before.endsWith('?=') ? ` ${addresses}` : addresses)} :;`
}

/** The address in ASCII; `undefined` when it has no such form. */
function writable({ local, domain, route }: MailboxAddress): string | undefined {
  const ascii = downgradeDomain(domain)
  if (ascii === undefined || !isAscii(local)) return undefined
  const hops = route === undefined || !isAscii(route) ? '' : `${route}:`
  return `${hops}${DOT_ATOM.test(local) ? local : quotedString(local)}@${ascii}`
}

function asGiven({ name, local, domain }: MailboxAddress): string {
  return name === undefined ? `${local}@${domain}` : `${name} <${local}@${domain}>`
}

/** Encoded words that stand there are left alone: they are atoms. */
function phrase(text: string): string {
  const isPhrase = text.split(' ').every((word) => ATOM.test(word) || isEncodedWord(word) || !isAscii(word))
  if (isAscii(text)) return isPhrase ? text : quotedString(text)
  return isPhrase ? encodeText(text) : encodeWords(text)
}

function quotedString(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
