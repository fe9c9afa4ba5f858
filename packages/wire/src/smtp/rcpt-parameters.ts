import { hasUtf8 } from './chars.ts'
import { SmtpSyntaxError } from './errors.ts'
import type { Announced, EsmtpParameters } from './parameters.ts'
import { parseOrcpt } from './xtext.ts'

/** What the parameters of RCPT ask for (RFC 3461 section 4). Absent: not given. */
export interface RcptParameters {
  /** `['NEVER']`, or some of the others, each once. */
  readonly notify?: readonly Notify[]
  /** As sent, encoded: it goes on as it came. */
  readonly orcpt?: string
}

export type Notify = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY'

/** Reads what stands behind the path of RCPT. Throws SmtpSyntaxError. */
export function readRcptParameters(parameters: EsmtpParameters, announced: Announced, smtpUtf8: boolean): RcptParameters {
  for (const keyword of parameters.keys())
    if (!announced.has('DSN') || (keyword !== 'NOTIFY' && keyword !== 'ORCPT'))
      throw new SmtpSyntaxError('unknown-parameter', `${keyword} is not supported`)
  const command: { notify?: readonly Notify[]; orcpt?: string } = {}
  if (parameters.has('NOTIFY')) command.notify = readNotify(parameters.get('NOTIFY') ?? '')
  const orcpt = parameters.get('ORCPT')
  if (orcpt === undefined && !parameters.has('ORCPT')) return command
  if (orcpt === undefined || parseOrcpt(orcpt) === undefined) throw new SmtpSyntaxError('bad-parameter', 'Bad value of ORCPT')
  // RFC 6533 section 3: the unencoded form needs SMTPUTF8.
  if (hasUtf8(orcpt) && !smtpUtf8) throw new SmtpSyntaxError('needs-smtputf8', 'ORCPT needs the SMTPUTF8 parameter')
  return { ...command, orcpt }
}

/** notify-esmtp-value = "NEVER" / 1#notify-list-element */
function readNotify(value: string): readonly Notify[] {
  const list = [...new Set(value.toUpperCase().split(','))]
  const isList = list.every((each): each is Notify => each === 'SUCCESS' || each === 'FAILURE' || each === 'DELAY')
  if (isList) return list
  if (value.toUpperCase() === 'NEVER') return ['NEVER']
  throw new SmtpSyntaxError('bad-parameter', 'Bad value of NOTIFY')
}
