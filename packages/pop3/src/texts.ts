/**
 * Every text that a client is told, in every language there is (RFC 6856 section 3). The words of the protocol – keywords,
 * numbers, response codes – are not in it.
 */
const ENGLISH = {
  greeting: (host: string) => `${host} POP3 server ready`,
  signingOff: (host: string) => `${host} signing off`,
  signingOffEmpty: (host: string) => `${host} signing off (maildrop empty)`,
  signingOffWith: (host: string, left: number) => `${host} signing off (${messages(left)} left)`,
  notAllRemoved: 'Some deleted messages not removed',
  maildropHas: (count: number, octets: number) => `Maildrop has ${messages(count)} (${octets} octets)`,
  summary: (count: number, octets: number) => `${messages(count)} (${octets} octets)`,
  octets: (count: number) => `${count} octets`,
  topFollows: 'Top of message follows',
  capabilitiesFollow: 'Capability list follows',
  mechanismsFollow: 'Mechanisms follow',
  languagesFollow: 'Language listing follows',
  languageChanged: 'Language changed',
  noSuchLanguage: 'No such language',
  utf8Enabled: 'UTF-8 enabled',
  stlsBehindUtf8: 'STLS has to come before UTF8',
  sendPassword: 'Send the password',
  beginTls: 'Begin TLS negotiation',
  tlsActive: 'TLS is active already',
  tlsUnavailable: 'TLS is not available',
  userFirst: 'USER comes first',
  noSuchMechanism: 'No such mechanism',
  logInFirst: 'Log in first',
  loggedInAlready: 'You are logged in already',
  loginTooSoon: (seconds: number) => `You have just logged in, wait ${seconds} s`,
  inUse: 'Another session is using this maildrop',
  noSuchMessage: (last: number) => `No such message, the last is ${last}`,
  marked: (number: number) => `Message ${number} is marked as deleted`,
  removedElsewhere: (number: number) => `Message ${number} was removed by another session`,
  syntax: (form: string) => `Syntax: ${form}`,
  noSuchCommand: 'No such command',
  lineTooLong: 'The line is too long',
  notUtf8: 'The command is not UTF-8',
  controlCharacter: 'The command holds a control character',
  numberNeeded: 'A number is needed',
  wrongPassword: 'Wrong user name or password',
  loginsBusy: 'Too many logins at once, try again',
  loginsUnavailable: 'Logins cannot be checked now, try again later',
  startTlsFirst: 'Start TLS first',
  malformedResponse: 'Not a response of this mechanism',
  cancelled: 'Authentication cancelled',
  tooManyLogins: 'Too many failed logins, try again later',
  storeUnavailable: 'Storage is not available, try again later',
  storeRefused: 'The maildrop does not allow it',
  internalError: 'Internal error, see the server log',
  shuttingDown: 'The server is shutting down',
  accountChanged: 'Your account has changed, log in again',
  tooManyConnections: 'Too many connections, try again later',
  notAClient: 'You may not connect from there',
}

export type Texts = typeof ENGLISH

/** A text in the words of whatever language the client has chosen. */
export type Say = (texts: Texts) => string

const RUSSIAN: Texts = {
  greeting: (host) => `Сервер POP3 ${host} готов`,
  signingOff: (host) => `${host} завершает сеанс`,
  signingOffEmpty: (host) => `${host} завершает сеанс (ящик пуст)`,
  signingOffWith: (host, left) => `${host} завершает сеанс (осталось: ${messagesRu(left)})`,
  notAllRemoved: 'Некоторые помеченные сообщения не удалены',
  maildropHas: (count, octets) => `В ящике ${messagesRu(count)} (${octetsRu(octets)})`,
  summary: (count, octets) => `${messagesRu(count)} (${octetsRu(octets)})`,
  octets: (count) => octetsRu(count),
  topFollows: 'Далее начало сообщения',
  capabilitiesFollow: 'Далее список возможностей',
  mechanismsFollow: 'Далее список механизмов',
  languagesFollow: 'Далее список языков',
  languageChanged: 'Язык изменён',
  noSuchLanguage: 'Такого языка нет',
  utf8Enabled: 'UTF-8 включён',
  stlsBehindUtf8: 'Команда STLS должна предшествовать UTF8',
  sendPassword: 'Введите пароль',
  beginTls: 'Начинайте согласование TLS',
  tlsActive: 'TLS уже включён',
  tlsUnavailable: 'TLS недоступен',
  userFirst: 'Сначала нужна команда USER',
  noSuchMechanism: 'Такого механизма нет',
  logInFirst: 'Сначала войдите',
  loggedInAlready: 'Вход уже выполнен',
  loginTooSoon: (seconds) => `Вы только что входили, подождите ${seconds} с`,
  inUse: 'Ящик занят другим сеансом',
  noSuchMessage: (last) => `Такого сообщения нет, последнее: ${last}`,
  marked: (number) => `Сообщение ${number} помечено на удаление`,
  removedElsewhere: (number) => `Сообщение ${number} удалено другим сеансом`,
  syntax: (form) => `Синтаксис: ${form}`,
  noSuchCommand: 'Такой команды нет',
  lineTooLong: 'Строка слишком длинная',
  notUtf8: 'Команда не в кодировке UTF-8',
  controlCharacter: 'В команде есть управляющий символ',
  numberNeeded: 'Нужно число',
  wrongPassword: 'Неверное имя или пароль',
  loginsBusy: 'Слишком много входов одновременно, повторите попытку',
  loginsUnavailable: 'Сейчас вход проверить нельзя, повторите попытку позже',
  startTlsFirst: 'Сначала включите TLS',
  malformedResponse: 'Это не ответ данного механизма',
  cancelled: 'Аутентификация отменена',
  tooManyLogins: 'Слишком много неудачных входов, повторите попытку позже',
  storeUnavailable: 'Хранилище недоступно, повторите попытку позже',
  storeRefused: 'Ящик этого не допускает',
  internalError: 'Внутренняя ошибка, подробности в журнале сервера',
  shuttingDown: 'Сервер завершает работу',
  accountChanged: 'Учётная запись изменилась, войдите снова',
  notAClient: 'Подключение с этого адреса не разрешено',
  tooManyConnections: 'Слишком много соединений, повторите попытку позже',
}

/** By language tag (RFC 5646), with the language's own name: the lines of LANG's listing. */
export const LANGUAGES = {
  en: { name: 'English', texts: ENGLISH },
  ru: { name: 'Русский', texts: RUSSIAN },
} as const satisfies Record<string, { name: string; texts: Texts }>

export type Language = keyof typeof LANGUAGES

export const LANGUAGE_TAGS = Object.keys(LANGUAGES) as readonly Language[]

function messages(count: number): string {
  return `${count} ${count === 1 ? 'message' : 'messages'}`
}

const messagesRu = counted('сообщение', 'сообщения', 'сообщений')
const octetsRu = counted('октет', 'октета', 'октетов')

/** Russian nouns behind a number: of one, of two to four, of many. */
function counted(one: string, few: string, many: string): (count: number) => string {
  const words: Partial<Record<Intl.LDMLPluralRule, string>> = { one, few, many }
  const rules = new Intl.PluralRules('ru')
  return (count) => `${count} ${words[rules.select(count)] ?? many}`
}
