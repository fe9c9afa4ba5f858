import forge from 'node-forge'

/** The ASN.1 of a certificate, over node-forge's encoder. Octet strings are Buffers here, binary strings there. */
type Node = forge.asn1.Asn1

const { asn1, util } = forge
const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class
const { Type } = asn1

const primitive = (type: number, value: string): Node => asn1.create(UNIVERSAL, type, false, value)

export type { Node }
export const encode = (node: Node): Buffer => Buffer.from(asn1.toDer(node).getBytes(), 'latin1')
export const sequence = (...items: Node[]): Node => asn1.create(UNIVERSAL, Type.SEQUENCE, true, items)
export const set = (...items: Node[]): Node => asn1.create(UNIVERSAL, Type.SET, true, items)
export const oid = (id: string): Node => primitive(Type.OID, asn1.oidToDer(id).getBytes())
export const boolean = (value: boolean): Node => primitive(Type.BOOLEAN, value ? '\xff' : '\0')
export const integer = (octets: Buffer): Node => primitive(Type.INTEGER, octets.toString('latin1'))
export const utf8 = (text: string): Node => primitive(Type.UTF8, util.encodeUtf8(text))
export const octetString = (octets: Buffer): Node => primitive(Type.OCTETSTRING, octets.toString('latin1'))
/** `unused`: bits at the end of the last octet that do not count. */
export const bitString = (octets: Buffer, unused = 0): Node =>
  primitive(Type.BITSTRING, String.fromCharCode(unused) + octets.toString('latin1'))
/** `[tag]` around other nodes. */
export const tagged = (tag: number, ...items: Node[]): Node => asn1.create(CONTEXT_SPECIFIC, tag, true, items)
/** `[tag] IMPLICIT` of a string type. */
export const implicit = (tag: number, octets: Buffer): Node => asn1.create(CONTEXT_SPECIFIC, tag, false, octets.toString('latin1'))

/** RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on. */
export function time(at: Date): Node {
  return at.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(at) as unknown as string)
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(at) as unknown as string)
}
