import { domainToASCII } from 'node:url'
import type { ReceivedTlsReport, TlsFailures } from '@mailstead/store'
import { wholeNumber } from '../args.ts'
import type { CliCommand } from '../command.ts'
import { columns, printable } from '../format.ts'
import { MAX_LISTED, TLS_LISTED } from '../limits.ts'
import { milliseconds } from '../queue-filter.ts'

const tlsReports: CliCommand = {
  name: 'tls reports',
  summary: 'Shows what other servers report of TLS with ours',
  arguments: ['[DOMAIN]'],
  options: {
    since: { value: 'TIME', text: 'of days in this time: 12h, 3d, 30d' },
    limit: { value: 'NUMBER', text: `how many reports at most (${TLS_LISTED}), the last ones` },
  },
  details:
    'Reports come by mail to `tls-rpt` at a domain whose `_smtp._tls` record asks for them (`mailstead domain records`), are signed by who reports, and tell of a day in ' +
    'UTC (RFC 8460). They are kept for 180 days.',
  examples: ['mailstead tls reports', 'mailstead tls reports example.org --since 7d'],

  async run(shell, args) {
    const limit = wholeNumber(args, 'limit', 1, MAX_LISTED) ?? TLS_LISTED
    const [since, domain] = [args.text('since'), domainToASCII(args.at(0))]
    const { tlsReports: reports } = await shell.admin()
    const found = await reports.received(
      { ...(domain === '' ? {} : { domain }), ...(since === undefined ? {} : { since: Date.now() - milliseconds(since) }) },
      limit,
    )
    shell.result(found, found.length === 0 ? 'No reports have come' : inWords(found.toReversed()))
  },
}

export const tlsCommands = [tlsReports]

function inWords(reports: readonly ReceivedTlsReport[]): string {
  const rows = reports.map(({ startsAt, domain, organization, contact, policies, succeeded, failed }) => [
    new Date(startsAt).toISOString().slice(0, 10),
    printable(domain),
    printable(organization === '' ? contact : organization),
    [...new Set(policies.map(({ policy }) => policy.type))].join(', '),
    `${succeeded}`,
    `${failed}`,
  ])
  const [head = '', ...lines] = columns(['DAY', 'DOMAIN', 'REPORTED BY', 'POLICY', 'GOOD', 'FAILED'], rows).split('\n')
  const details = reports.map(({ policies }) => policies.flatMap(({ failures }) => failures.map(failureInWords)))
  return [head, ...lines.flatMap((line, at) => [line, ...(details[at] ?? [])])].join('\n')
}

function failureInWords({ result, host, address, source, reason, sessions }: TlsFailures): string {
  const where = [host, address === '' ? '' : `[${address}]`].filter((word) => word !== '').join(' ')
  const words = [`${sessions} ${result}`, where === '' ? '' : `at ${where}`, source === '' ? '' : `from ${source}`]
  return printable(`    ${words.filter((word) => word !== '').join(' ')}${reason === '' ? '' : `: ${reason}`}`)
}
