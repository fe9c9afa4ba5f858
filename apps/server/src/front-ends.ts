import { Networks } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import type { Delivery, Policy } from '@mailstead/delivery'
import { createImapService } from '@mailstead/imap'
import type { FrontEndOptions, Service, TlsSource } from '@mailstead/net'
import { createPop3Service } from '@mailstead/pop3'
import { AddressRates, createSmtpService, SendingCounts, type SendingAlert, type MailRequests } from '@mailstead/smtp'
import { sendingAlarm } from './alarm.ts'
import type { OpenData } from './data.ts'
import type { PlannedListener } from './listeners.ts'
import { savesSent } from './sent-mail.ts'

/**
 * What serves a listener. Of IMAP and of POP3 there is one for all their listeners, since it knows of mailboxes in use;
 * each SMTP listener has one with its own policy.
 */
export function frontEnds(
  config: Config,
  frontEnd: FrontEndOptions,
  data: OpenData,
  delivery: Delivery,
  policy: Policy | undefined,
  requests: MailRequests | undefined,
): (listener: PlannedListener) => Service {
  const { accounts } = data
  const { stores, queue } = data.store
  const imap = createImapService({
    ...frontEnd,
    accounts,
    stores,
    about: config.about,
    submitters: config.auth.submission_servers,
    savesSent: savesSent(config),
  })
  const pop3 = createPop3Service({
    ...frontEnd,
    accounts,
    stores,
    language: config.pop3.language,
    loginDelay: config.pop3.login_delay,
    loginDelayExempt: config.pop3.login_delay_exempt,
    expireDays: config.pop3.expire_days,
  })
  const withTls = {
    mx: frontEnd.tls && withoutCertificates(frontEnd.tls),
    submission: frontEnd.tls,
    lmtp: frontEnd.tls,
    odmr: frontEnd.tls,
  }
  const { hostName, clock, log } = frontEnd
  const { rates, sending } = counting(config, frontEnd, sendingAlarm({ delivery, blobs: stores.blobs, accounts, hostName, clock, log }))
  return ({ protocol, tls, limits, trusted, xclient, expn }) => {
    if (protocol === 'imap') return imap
    if (protocol === 'pop3') return pop3
    return createSmtpService({
      ...frontEnd,
      tls: tls === 'none' ? undefined : withTls[protocol],
      role: protocol,
      accounts,
      delivery,
      blobs: stores.blobs,
      limits,
      trusted,
      xclient,
      expn,
      maxHold: config.submission.max_hold,
      hasRoomToHold: async (account, octets) => (await queue.heldBy(account)) + octets <= config.submission.max_held,
      rates,
      sending,
      requests,
      ...(policy === undefined ? {} : { policy }),
    })
  }
}

/** What all SMTP listeners count together. */
function counting(
  { rates, sending }: Config,
  { clock, log }: FrontEndOptions,
  alarm: (alert: SendingAlert) => void,
): { rates: AddressRates; sending: SendingCounts } {
  const { connections, messages, recipients, unknown_recipients: unknownRecipients, failed_commands: failedCommands } = rates
  return {
    rates: new AddressRates({
      rates: { connections, messages, recipients, unknownRecipients, failedCommands },
      network: { ipv4: rates.network_ipv4, ipv6: rates.network_ipv6 },
      networkFactor: rates.network_factor,
      exempt: new Networks(rates.exempt),
      clock,
      log,
    }),
    sending: new SendingCounts({ ...sending, exempt: new Set(sending.exempt.map((address) => address.toLowerCase())), alarm, clock, log }),
  }
}

/** Other servers do not log in, so they are not asked who they are. */
function withoutCertificates(tls: TlsSource): TlsSource {
  return {
    get secureContext() {
      return tls.secureContext
    },
    secured: (version) => tls.secured?.(version),
  }
}
