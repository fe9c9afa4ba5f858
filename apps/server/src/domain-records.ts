import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DomainKeyAdmin } from '@mailstead/accounts'
import type { Config } from '@mailstead/config'
import { dnsName } from '@mailstead/resolver'
import { REPORTS_LOCAL_PART } from '@mailstead/tls-reports'
import { stsPolicyId } from '@mailstead/web'
import { plan, type Role } from './listeners.ts'
import { ownStsPolicy } from './sts-serving.ts'

/** One record of DNS, and what it is for. Plain data. */
export interface DnsRecord {
  readonly purpose: string
  readonly name: string
  readonly type: 'MX' | 'TXT' | 'CNAME' | 'TLSA' | 'SRV'
  /** As a line of a zone file. */
  readonly line: string
}

export interface DomainRecords {
  /** What a domain of ours has in DNS, as this server would have it. Rejects with `AccountError` `domain-not-found`. */
  of(domain: string): Promise<readonly DnsRecord[]>
}

export function domainRecords(config: Config, dir: string, keys: Pick<DomainKeyAdmin, 'show'>): DomainRecords {
  return {
    async of(given) {
      const signing = await keys.show(given)
      const domain = dnsName(given) ?? given
      const dkim = signing.map(({ record: { name, line } }): DnsRecord => ({
        purpose: 'the keys of signatures (DKIM)',
        name,
        type: 'TXT',
        line,
      }))
      return [...mail(domain, config), ...dkim, ...policies(domain, config), ...(await tlsa(config, dir)), ...services(domain, config)]
    },
  }
}

function record(purpose: string, name: string, type: DnsRecord['type'], value: string): DnsRecord {
  return { purpose, name, type, line: `${name}. IN ${type} ${value}` }
}

function mail(domain: string, { host_name: host }: Config): DnsRecord[] {
  return [
    record('the server that takes mail', domain, 'MX', `10 ${host}.`),
    record('who may send mail (SPF): add a smarthost, if there is one', domain, 'TXT', '"v=spf1 mx -all"'),
    ...(host === domain ? [] : [record('the same for the name of the server itself', host, 'TXT', '"v=spf1 a -all"')]),
    record(
      'what becomes of mail that is not ours (DMARC): "quarantine" or "reject" once the reports are good',
      `_dmarc.${domain}`,
      'TXT',
      `"v=DMARC1; p=none; rua=mailto:dmarc@${domain}"`,
    ),
  ]
}

function policies(domain: string, config: Config): DnsRecord[] {
  const policy = ownStsPolicy(config)
  const sts =
    policy === undefined
      ? []
      : [
          record(
            'where the MTA-STS policy is served, with a certificate for this name',
            `mta-sts.${domain}`,
            'CNAME',
            `${config.host_name}.`,
          ),
          record(
            'that there is one, and which (MTA-STS): change it behind the server',
            `_mta-sts.${domain}`,
            'TXT',
            `"v=STSv1; id=${stsPolicyId(policy)};"`,
          ),
        ]
  const reports = `"v=TLSRPTv1; rua=mailto:${REPORTS_LOCAL_PART}@${domain}"`
  return [...sts, record('where reports on TLS go', `_smtp._tls.${domain}`, 'TXT', reports)]
}

/** RFC 7672 section 3.1: the server's own key. None as long as there is no certificate. */
async function tlsa({ host_name: host, tls }: Config, dir: string): Promise<DnsRecord[]> {
  const file = tls.cert_file ?? join(dir, 'tls', 'server.pem')
  try {
    const key = new X509Certificate(await readFile(file)).publicKey.export({ type: 'spki', format: 'der' })
    const digest = createHash('sha256').update(key).digest('hex')
    const purpose = 'the key of the server (DANE), in a zone signed with DNSSEC only: publish the next one before the key changes'
    return [record(purpose, `_25._tcp.${host}`, 'TLSA', `3 1 1 ${digest}`)]
  } catch {
    return []
  }
}

/** RFC 6186 and RFC 8314: TLS from the first octet before the rest, IMAP before POP3. */
const SERVICES: readonly (readonly [Role, priority: number])[] = [
  ['submissions', 0],
  ['submission', 10],
  ['imaps', 0],
  ['imap', 10],
  ['pop3s', 20],
  ['pop3', 30],
]

function services(domain: string, config: Config): DnsRecord[] {
  const open = plan(config)
  return SERVICES.flatMap(([role, priority]) => {
    const place = open.find((each) => each.role === role)?.place
    if (place === undefined || !('port' in place)) return []
    return [
      record(
        'what mail programs find by the address alone',
        `_${role}._tcp.${domain}`,
        'SRV',
        `${priority} 1 ${place.port} ${config.host_name}.`,
      ),
    ]
  })
}
