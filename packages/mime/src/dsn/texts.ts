import type { DsnAction, DsnLanguage } from './types.ts'

/** Everything a report says to people. */
export interface DsnTexts {
  readonly from: string
  readonly greeting: (host: string) => string
  readonly subject: Readonly<Record<DsnAction, string>>
  /** Stands before the recipients of this kind. */
  readonly lead: Readonly<Record<DsnAction, string>>
  /** Stands behind them; empty: nothing. */
  readonly next: Readonly<Record<DsnAction, string>>
  readonly until: (date: string) => string
  readonly original: (address: string) => string
  readonly reason: string
  /** Before our own words, where no other server said anything. */
  readonly details: string
  readonly said: (peer: string) => string
  readonly message: (subject: string) => string
  readonly more: (count: number) => string
  /** By status without its class, or by its subject alone. */
  readonly reasons: Readonly<Record<string, string>>
}

const EN: DsnTexts = {
  from: 'Mail Delivery System',
  greeting: (host) => `This is the mail server ${host}.`,
  subject: {
    failed: 'Your message could not be delivered',
    delayed: 'Your message is delayed',
    delivered: 'Your message was delivered',
    relayed: 'Your message was passed on',
    expanded: 'Your message was passed on',
  },
  lead: {
    failed: 'Your message could not be delivered to:',
    delayed: 'Your message could not be delivered yet to:',
    delivered: 'Your message was delivered to the mailbox of:',
    relayed: 'Your message was passed on to another mail system for:',
    expanded: 'Your message was passed on to several addresses for:',
  },
  next: {
    failed: 'No further attempt will be made.',
    delayed: 'This is a warning only: you need not send the message again. Further attempts are made.',
    delivered: 'This does not mean that the message was read.',
    relayed: 'That system does not confirm deliveries. You will hear of it again only if the delivery fails.',
    expanded: 'You will hear of it again only if one of these deliveries fails.',
  },
  until: (date) => `Attempts are made until ${date}.`,
  original: (address) => `sent to ${address}`,
  reason: 'Reason',
  details: 'Details',
  said: (peer) => `The mail server ${peer} said`,
  message: (subject) => `Subject of your message: ${subject}`,
  more: (count) => `and ${count} more, named in the report's details`,
  reasons: {
    '1.1': 'There is no such mailbox.',
    '1.2': 'There is no such domain.',
    '1.3': 'The address is not valid.',
    '1.6': 'The mailbox has moved.',
    '1.10': 'The domain takes no mail.',
    '2.1': 'The mailbox does not take mail.',
    '2.2': 'The mailbox is full.',
    '2.3': 'The message is too big for the mailbox.',
    '3.4': 'The message is too big.',
    '4.1': 'The mail server does not answer.',
    '4.2': 'The connection to the mail server was lost.',
    '4.3': 'The mail server of the domain cannot be looked up.',
    '4.4': 'No mail server of the domain can be found.',
    '4.6': 'The message goes in circles.',
    '4.7': 'The time for the delivery is over.',
    '6.3': 'The mail server cannot take this kind of message.',
    '6.7': 'The mail server takes no addresses of this kind.',
    '7.10': 'The mail server offers no encryption, which the message needs.',
    '7.30': 'The mail server does not warrant encryption, which the message needs.',
    '1': 'There is something wrong with the address.',
    '2': 'There is something wrong with the mailbox.',
    '3': 'There is something wrong with the mail server.',
    '4': 'The mail server could not be reached.',
    '6': 'There is something wrong with the form of the message.',
    '7': 'The message was refused.',
  },
}

const RU: DsnTexts = {
  from: 'Служба доставки почты',
  greeting: (host) => `Это почтовый сервер ${host}.`,
  subject: {
    failed: 'Ваше письмо не доставлено',
    delayed: 'Доставка вашего письма задерживается',
    delivered: 'Ваше письмо доставлено',
    relayed: 'Ваше письмо передано дальше',
    expanded: 'Ваше письмо передано дальше',
  },
  lead: {
    failed: 'Ваше письмо не удалось доставить:',
    delayed: 'Ваше письмо пока не удалось доставить:',
    delivered: 'Ваше письмо доставлено в почтовый ящик:',
    relayed: 'Ваше письмо передано в другую почтовую систему для:',
    expanded: 'Ваше письмо передано на несколько адресов для:',
  },
  next: {
    failed: 'Попыток больше не будет.',
    delayed: 'Это только предупреждение: отправлять письмо ещё раз не нужно. Попытки продолжаются.',
    delivered: 'Это не значит, что письмо прочитано.',
    relayed: 'Эта система не подтверждает доставку. Вы получите новое сообщение, только если доставить письмо не удастся.',
    expanded: 'Вы получите новое сообщение, только если письмо не удастся доставить на один из этих адресов.',
  },
  until: (date) => `Попытки будут продолжаться до ${date}.`,
  original: (address) => `было отправлено на ${address}`,
  reason: 'Причина',
  details: 'Подробности',
  said: (peer) => `Почтовый сервер ${peer} ответил`,
  message: (subject) => `Тема вашего письма: ${subject}`,
  more: (count) => `и ещё ${count}, они названы в подробностях отчёта`,
  reasons: {
    '1.1': 'Такого почтового ящика нет.',
    '1.2': 'Такого домена нет.',
    '1.3': 'Адрес неверен.',
    '1.6': 'Почтовый ящик переехал.',
    '1.10': 'Домен не принимает почту.',
    '2.1': 'Почтовый ящик не принимает почту.',
    '2.2': 'Почтовый ящик переполнен.',
    '2.3': 'Письмо слишком велико для почтового ящика.',
    '3.4': 'Письмо слишком велико.',
    '4.1': 'Почтовый сервер не отвечает.',
    '4.2': 'Связь с почтовым сервером прервалась.',
    '4.3': 'Не удаётся узнать почтовый сервер домена.',
    '4.4': 'У домена не нашлось почтового сервера.',
    '4.6': 'Письмо ходит по кругу.',
    '4.7': 'Срок доставки истёк.',
    '6.3': 'Почтовый сервер не принимает письма такого вида.',
    '6.7': 'Почтовый сервер не принимает такие адреса.',
    '7.10': 'Почтовый сервер не предлагает шифрования, а письмо его требует.',
    '7.30': 'Почтовый сервер не ручается за шифрование, а письмо его требует.',
    '1': 'Что-то не так с адресом.',
    '2': 'Что-то не так с почтовым ящиком.',
    '3': 'Что-то не так с почтовым сервером.',
    '4': 'Связаться с почтовым сервером не удалось.',
    '6': 'Что-то не так с видом письма.',
    '7': 'Письмо отклонено.',
  },
}

export const DSN_TEXTS: Readonly<Record<DsnLanguage, DsnTexts>> = { en: EN, ru: RU }

/** What the status means, in words; `undefined`: nothing in particular. */
export function reasonOf(texts: DsnTexts, status: string): string | undefined {
  const [, subject = '', detail = ''] = status.split('.')
  return texts.reasons[`${subject}.${detail}`] ?? texts.reasons[subject]
}
