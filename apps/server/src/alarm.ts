import type { AccountService } from '@mailstead/accounts'
import type { Clock, Logger } from '@mailstead/base'
import { deliverLocally, reduceOutcomes, type Delivery } from '@mailstead/delivery'
import { encodeWords, formatDate, toBase64Lines } from '@mailstead/mime'
import type { SendingAlert } from '@mailstead/smtp'
import type { Blobs, Language } from '@mailstead/store'
import { ALARMS_AN_HOUR } from './limits.ts'

export interface AlarmOptions {
  readonly delivery: Delivery
  readonly blobs: Blobs
  readonly accounts: Pick<AccountService, 'resolve'>
  readonly hostName: string
  readonly clock: Clock
  readonly log: Logger
}

interface Words {
  readonly from: string
  readonly subject: (address: string) => string
  readonly text: (alert: SendingAlert) => string
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    from: 'Mail server',
    subject: (address) => `${address} suddenly sends a lot of mail`,
    text: ({
      address,
      recipientsInHour,
      recipientsInDay,
    }) => `${address} has sent mail to ${recipientsInHour} recipients within the last hour,
and to ${recipientsInDay} within the last day: much more than usual.

It may be a mailing. It may also be somebody else who knows the password.
This shows what is sent, and what other servers say of it:

    mailstead trace ${address} --since 1h

This keeps it from leaving, and keeps out whoever sends it:

    mailstead queue hold --sender ${address}
    mailstead account disable ${address}
    mailstead account passwd ${address}

How much an account may send at all is said by [sending] of the configuration.
`,
  },
  ru: {
    from: 'Почтовый сервер',
    subject: (address) => `${address} вдруг рассылает много писем`,
    text: ({
      address,
      recipientsInHour,
      recipientsInDay,
    }) => `${address}: за последний час письма отправлены ${recipientsInHour} получателям,
за последние сутки – ${recipientsInDay}. Это намного больше обычного.

Возможно, это рассылка. Возможно, кто-то чужой знает пароль.
Что отправлено и что отвечают другие серверы:

    mailstead trace ${address} --since 1h

Не выпускать эти письма и не пускать того, кто их шлёт:

    mailstead queue hold --sender ${address}
    mailstead account disable ${address}
    mailstead account passwd ${address}

Сколько вообще может отправить учётная запись, сказано в разделе [sending] настроек.
`,
  },
}

const HOUR = 3_600_000

/** Writes to the postmaster of an account that suddenly sends a lot. The log and the metrics say so in any case. */
export function sendingAlarm(options: AlarmOptions): (alert: SendingAlert) => void {
  const { clock, log } = options
  let told: readonly number[] = []
  return (alert) => {
    const now = clock.now()
    told = told.filter((at) => at > now - HOUR && at <= now)
    // When half the server's accounts are abused, one more mail tells nobody anything.
    if (told.length >= ALARMS_AN_HOUR) return
    told = [...told, now]
    write(alert, options).catch((error: unknown) => log.error('postmaster was not told', { account: alert.account, err: error }))
  }
}

async function write(alert: SendingAlert, { delivery, blobs, accounts, hostName, clock, log }: AlarmOptions): Promise<void> {
  const domain = alert.address.slice(alert.address.lastIndexOf('@') + 1)
  const postmaster = { localPart: 'postmaster', domain }
  const resolution = await accounts.resolve(postmaster.localPart, domain)
  const language = resolution.kind === 'local' ? (resolution.recipient.account.language ?? 'en') : 'en'
  const octets = compose(alert, WORDS[language], domain, hostName, clock.now())
  const accepted = await deliverLocally(delivery, blobs, { mailFrom: undefined, recipient: postmaster, octets })
  const failure = typeof accepted === 'string' ? accepted : reduceOutcomes(accepted.outcomes)?.code
  if (failure !== undefined) throw new Error(`the message was not kept: ${failure}`)
  log.info('postmaster is told', { account: alert.account, address: alert.address })
}

function compose(alert: SendingAlert, words: Words, domain: string, hostName: string, at: number): Buffer {
  const lines = [
    `Date: ${formatDate({ at, zone: -new Date(at).getTimezoneOffset() })}`,
    `From: ${encodeWords(words.from)} <postmaster@${domain}>`,
    `To: <postmaster@${domain}>`,
    `Subject: ${encodeWords(words.subject(alert.address))}`,
    `Message-ID: <alarm.${at.toString(36)}.${alert.account}@${hostName}>`,
    // RFC 3834 section 5
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    toBase64Lines(Buffer.from(words.text(alert).replaceAll('\n', '\r\n'))),
    '',
  ]
  return Buffer.from(lines.join('\r\n'))
}
