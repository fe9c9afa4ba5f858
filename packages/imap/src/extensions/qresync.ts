import type { ModSeq } from '@mailstead/store'
import type { ImapDecoder, SequenceRange } from '@mailstead/wire'
import type { CommandContext, Extension } from '../command.ts'
import { ImapBad, uidRequired } from '../errors.ts'
import { flagsAttribute, modSeqAttribute, uidAttribute } from '../fetch/items.ts'
import { runFetch } from '../fetch/run.ts'
import { enableModSeqs, parseModSeq, resyncs } from '../modseq.ts'
import { uidOnly, type Selected, type Session } from '../session.ts'
import { tellVanished } from '../vanished.ts'
import type { MailboxView } from '../view.ts'

/** What a client knows of a mailbox from before. */
interface Known {
  readonly uidValidity: number
  readonly modSeq: ModSeq
  /** Absent: all. */
  readonly uids?: readonly SequenceRange[]
  /** Numbers and the UIDs that belonged to them. */
  readonly pairs?: readonly [numbers: readonly SequenceRange[], uids: readonly SequenceRange[]]
}

const ALL: readonly SequenceRange[] = [{ first: 1, last: 0 }]

// "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
function parseKnown(d: ImapDecoder): Known {
  d.space()
  d.expect('(')
  const uidValidity = d.nzNumber()
  d.space()
  let known: Known = { uidValidity, modSeq: parseModSeq(d) }
  let more = d.skip(' ')
  if (more && d.peek() !== '(') {
    known = { ...known, uids: parseNumbers(d) }
    more = d.skip(' ')
  }
  if (more) known = { ...known, pairs: parsePairs(d) }
  d.expect(')')
  return known
}

// seq-match-data = "(" known-sequence-set SP known-uid-set ")"
function parsePairs(d: ImapDecoder): readonly [readonly SequenceRange[], readonly SequenceRange[]] {
  d.expect('(')
  const numbers = parseNumbers(d)
  d.space()
  const uids = parseNumbers(d)
  d.expect(')')
  if (sizeOf(numbers) !== sizeOf(uids)) d.fail('a UID for each number before here')
  return [numbers, uids]
}

/** A sequence-set without `*` and `$`. */
function parseNumbers(d: ImapDecoder): readonly SequenceRange[] {
  const set = d.sequenceSet()
  return set === '$' || set.some(({ first, last }) => first === 0 || last === 0) ? d.fail('plain numbers before here') : set
}

function sizeOf(set: readonly SequenceRange[]): number {
  return set.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

function* each(set: readonly SequenceRange[]): Generator<number, undefined> {
  for (const { first, last } of set) for (let number = first; number <= last; number++) yield number
}

/** The last UID whose number is as it was: the client knows of all expunges up to it (RFC 7162 section 3.2.5.2). */
function lastMatch(view: MailboxView, [numbers, uids]: NonNullable<Known['pairs']>): number {
  const wanted = each(uids)
  let matched = 0
  for (const number of each(numbers)) {
    const uid = wanted.next().value
    // Beyond the mailbox's end no number has a UID, so that this ends soon whatever the client wrote.
    if (uid === undefined || view.uids[number - 1] !== uid) break
    matched = uid
  }
  return matched
}

/** RFC 7162 section 3.2.5. */
async function tellSince(context: CommandContext<Selected>, { uidValidity, modSeq, uids = ALL, pairs }: Known): Promise<void> {
  const { view } = context.session
  if (view.mailbox.uidValidity !== uidValidity) return
  await tellVanished(context, uids, modSeq, pairs === undefined ? 0 : lastMatch(view, pairs))
  const changed = view.resolve(uids, 'uid').filter((uid) => view.modSeqOf(uid) > modSeq)
  await runFetch(context, changed, [uidAttribute, flagsAttribute, modSeqAttribute], true)
}

function check(session: Session, { pairs }: Known): void {
  if (!resyncs(session)) throw new ImapBad('ENABLE QRESYNC first')
  if (pairs !== undefined && uidOnly(session)) throw uidRequired()
}

/** RFC 7162 section 3.2: what has changed while a client was away, in the reply to SELECT. */
export const qresync: Extension = {
  capability: 'QRESYNC',
  rfc: 7162,
  summary: 'SELECT tells what has changed and what is gone since a client was last here; VANISHED names UIDs in the place of EXPUNGE',
  enable: enableModSeqs,
  needs: ['CONDSTORE', 'ENABLE'],
  selectParameters: [
    {
      name: 'QRESYNC',
      parse(d) {
        const known = parseKnown(d)
        return { check: (session) => check(session, known), follow: (context) => tellSince(context, known) }
      },
    },
  ],
  fetchModifiers: [
    {
      name: 'VANISHED',
      uidOnly: true,
      parse: () => ({ place: 3, tellsVanished: true, narrow: (uids) => uids }),
    },
  ],
}
