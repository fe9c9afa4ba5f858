import { networkOf, Networks } from '@mailstead/base'

/** What one sender's servers share: `192.0.2.0/24`, or the /64 of an IPv6 address, `2001:db8:0:0::/64`. */
export const sharedNetwork = (address: string): string => networkOf(address, 24, 64)

/** No strangers come from there: this machine, private networks, links (RFC 6890); DNS knows nothing of them. */
export const OWN_NETWORKS = new Networks([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1',
  'fc00::/7',
  'fe80::/10',
])
