export { RENDERER_VERSION, type Rendered } from './rendered.ts'
export { MessageScanner } from './scanner.ts'
export { bodyOfStructure } from './body-structure.ts'
export { partStructure } from './part-structure.ts'
export { type Part } from './part.ts'
export { decodeStructure, encodeStructure, hasBody } from './structure.ts'
export { findPart, sectionRange, type OctetRange, type SectionText } from './section.ts'
export { downgradeField } from './downgrade/field.ts'
export { fieldRanges, MessageDowngrader } from './downgrade/message.ts'
export { COMMON_FIELDS, hasEmptyLine, headerFieldsText, selectHeaderFields } from './common-fields.ts'
export { HeaderHold, type HeldHeader } from './header-hold.ts'
export { makeField, readHeader, writeHeader, type HeaderField } from './header.ts'
export { parseAddressList, type AddressListItem, type MailboxAddress } from './addresses.ts'
export { parameter, parseParameterized, type Parameter, type Parameterized } from './content.ts'
export { normalId, readIds } from './message-ids.ts'
export { imapNstring, imapString } from './imap-string.ts'
export { charsetDecoder, decodeCharset, knowsCharset, type CharsetDecoder } from './charset.ts'
export { decodeWords } from './encoded-words.ts'
export { decodeParameter } from './extended-parameters.ts'
export { transferDecoder, type TransferDecoder } from './transfer.ts'
export { HtmlReader } from './html.ts'
export { TextReader } from './text-reader.ts'
export { fieldText, foldedFields } from './field-text.ts'
export { readTexts, TEXT_VERSION, type TextPlace, type TextSlice, type TextSource } from './message-text.ts'
export { fuzzyStems, withoutMarks } from './fuzzy.ts'
export { findNeedles, Finder, type TextNeedle } from './needles.ts'
export { compareFolded, FoldReader, foldCase } from './fold.ts'
export { baseSubject, type BaseSubject } from './base-subject.ts'
export { readEnvelope, type EnvelopeAddress, type EnvelopeSummary } from './read-envelope.ts'
export { NO_SORT_KEYS, type SortKeys } from './sort-keys.ts'
export { readDate, type HeaderDate } from './date.ts'
export * from './limits.ts'
export { formatDate } from './write-date.ts'
export { encodeWords, toBase64Lines } from './write-text.ts'
export { composeDsn } from './dsn/compose.ts'
export { readFeedback, type ReadFeedback } from './dsn/feedback.ts'
export type { AboutMessage } from './dsn/open-report.ts'
export { readDsn, type ReadDsn, type ReadDsnRecipient } from './dsn/read.ts'
export type { Dsn, DsnAction, DsnLanguage, DsnRecipient, ReturnedMessage, Typed, WrittenDsn } from './dsn/types.ts'
export { MAX_REPORT, MAX_RETURNED } from './dsn/limits.ts'
export {
  asLines,
  CannotReencode,
  inSevenBits,
  planRewriting,
  reencode,
  rewrittenSource,
  type OctetSource,
  type Pause,
  type ReencodeRule,
  type Reencoding,
  type Rewriting,
  WITHOUT_NUL,
} from './reencode.ts'
export { withFields } from './with-fields.ts'
