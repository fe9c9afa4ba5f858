export { SmtpConnection, type ConnectionOptions } from './client/connection.ts'
export { PeerLost, PeerRefused, TlsUnfit, type LossReason, type Step, type TlsFailure } from './client/errors.ts'
export type { Letter, LetterRecipient, Outgoing, RecipientResult } from './client/letter.ts'
export type { Login } from './client/credentials.ts'
export type { TlsFacts } from './client/handshake.ts'
export { dial } from './client/dial.ts'
export type { TlsPolicy } from './tls/policy.ts'
export { classify, classifyOpening, type Verdict } from './classify.ts'
export { findHops, type Hop, type HopContext, type Hops, type HopSafety } from './routing/hops.ts'
export { ipv6Confirmed, publicIpv6 } from './routing/ipv6.ts'
export {
  chooseRoute,
  DNS_ONLY,
  relayOf,
  type NextHop,
  type Relay,
  type Route,
  type RouteTarget,
  type RoutingTable,
  type Source,
  type WayOut,
} from './routing/route.ts'
export { startOutbound, type Outbound, type OutboundOptions } from './engine/engine.ts'
export type { TlsResult } from './engine/reach.ts'
export { decideTls, type StsPolicy, type TlsDecision, type TlsQuestion, type TlsReason } from './tls/decide.ts'
export { daneFailure, isUsable } from './tls/dane.ts'
export { MtaSts, type MtaStsOptions, type StsTrouble } from './tls/mta-sts.ts'
export { parseStsPolicy, stsRecordId } from './tls/sts-policy.ts'
export { Requests, type FetchAnswer, type RequestsOptions, type StartAnswer } from './requests/requests.ts'
export type { Reversed } from './engine/over.ts'
