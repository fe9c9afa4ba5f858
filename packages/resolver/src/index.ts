export type { DnsAnswer, DnsFailure, DnsType, MxData, RecordData, Resolver, TlsaData } from './answer.ts'
export type { DnsServer } from './ask.ts'
export { dnsName, reversed, reverseName } from './names.ts'
export { createResolver, parseServer, type OpenResolver, type ResolverOptions } from './resolver.ts'
