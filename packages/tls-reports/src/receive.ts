import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Logger } from '@mailstead/base'
import type { IncomingMessage, MessageReader } from '@mailstead/delivery'
import { decodeStructure, transferDecoder, type Part } from '@mailstead/mime'
import { CHUNK_SIZE, type StagedBlob, type TlsReports } from '@mailstead/store'
import { MAX_PACKED, MAX_UNPACKED } from './limits.ts'
import { readReport, type ReadReport } from './read.ts'

/** Reports come to this address of each of our domains. */
export const REPORTS_LOCAL_PART = 'tls-rpt'

export interface ReceivingOptions {
  readonly reports: Pick<TlsReports, 'receive'>
  readonly isOurs: (domain: string) => Promise<boolean>
  readonly log: Logger
}

/** Reads the reports in mail to tls-rpt addresses. The mail is delivered in any case. */
export function reportReader({ reports, isOurs, log }: ReceivingOptions): MessageReader {
  return {
    wants: ({ recipients }) => recipients.some(isAddressed),

    async read(message) {
      const address = message.recipients.find(isAddressed)
      const part = reportPart(message.blob)
      if (address === undefined || part === undefined) return
      const report = readReport(await unpacked(message.blob, part))
      if (report === undefined) return log.info('TLS report not understood', { recipient: address })
      // RFC 8460 section 3: what is not signed by who reports is ignored.
      if (!isSigned(report, message)) return log.info('TLS report is not signed by its author', { contact: report.contact })
      const named = [...new Set(report.policies.map(({ policy }) => policy.domain))]
      let domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
      for (const each of named.toReversed()) if (await isOurs(each)) domain = each
      const isNew = await reports.receive({ ...report, domain })
      const { organization, reportId, succeeded, failed } = report
      log.info('TLS report received', { domain, organization, report: reportId, succeeded, failed, known: !isNew })
    },
  }
}

function isAddressed(address: string): boolean {
  const localPart = address.slice(0, address.lastIndexOf('@')).toLowerCase()
  return localPart === REPORTS_LOCAL_PART || localPart.startsWith(`${REPORTS_LOCAL_PART}+`)
}

/** By the domain of its contact, one above it or one below. */
function isSigned({ contact }: ReadReport, { signers }: IncomingMessage): boolean {
  const domain = contact.slice(contact.lastIndexOf('@') + 1).toLowerCase()
  return signers.some((signer) => {
    const [above, below] = signer.length < domain.length ? [signer, domain] : [domain, signer]
    return above === below || (above.includes('.') && below.endsWith(`.${above}`))
  })
}

/** Some programs do not know the types of RFC 8460 section 6. */
const REPORT_TYPE = /^application\/(?:tlsrpt\+(?:gzip|json)|(?:x-)?gzip|json)$/

function reportPart(blob: StagedBlob): Part | undefined {
  const root = decodeStructure(blob.rendered.structure)
  const found = root && find(root)
  return found !== undefined && found.end - found.body <= MAX_PACKED ? found : undefined
}

function find(part: Part): Part | undefined {
  if (part.kind === 'leaf' && REPORT_TYPE.test(`${part.type}/${part.subtype}`)) return part
  if (part.kind !== 'multipart') return undefined
  for (const child of part.children) {
    const found = find(child)
    if (found !== undefined) return found
  }
  return undefined
}

const unpack = promisify(gunzip)

async function unpacked(blob: StagedBlob, { body, end, encoding }: Part): Promise<string> {
  const decoder = transferDecoder(encoding)
  const pieces: Uint8Array[] = []
  for (let at = body; at < end;) {
    const octets = await blob.read(at, Math.min(end - at, CHUNK_SIZE))
    if (octets.length === 0) break
    pieces.push(decoder.write(octets))
    at += octets.length
  }
  const octets = Buffer.concat([...pieces, decoder.end()])
  const isPacked = octets[0] === 0x1f && octets[1] === 0x8b
  return (isPacked ? await unpack(octets, { maxOutputLength: MAX_UNPACKED }) : octets).toString('utf8')
}
