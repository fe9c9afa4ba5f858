-- What COPY and MOVE share. refs counts messages and whole tombstones.
CREATE TABLE email (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,   -- never reused: EMAILID
  account_id INTEGER NOT NULL,
  blob_id    INTEGER NOT NULL,
  thread_id  INTEGER NOT NULL,                    -- the id of the thread's first email: THREADID
  refs       INTEGER NOT NULL,
  size       INTEGER NOT NULL,                    -- prefix and blob
  prefix     BLOB    NOT NULL                     -- Return-Path, Delivered-To: this recipient's own header lines
) STRICT;

-- Narrow on purpose: changing a flag rewrites this row and nothing else. No index on modseq, which every flag
-- change would have to move; changesSince reads the rows of the mailbox.
CREATE TABLE message (
  mailbox_id    INTEGER NOT NULL REFERENCES mailbox,
  uid           INTEGER NOT NULL CHECK (uid BETWEEN 1 AND 4294967295),
  modseq        INTEGER NOT NULL,
  flags         INTEGER NOT NULL,                 -- SYSTEM_FLAGS as bits
  kw0           INTEGER NOT NULL,
  kw1           INTEGER NOT NULL,
  kw2           INTEGER NOT NULL,
  kw3           INTEGER NOT NULL,
  size          INTEGER NOT NULL,
  internal_at   INTEGER NOT NULL,
  internal_zone INTEGER NOT NULL,                 -- minutes east of UTC, as given
  saved_at      INTEGER NOT NULL,
  email_id      INTEGER NOT NULL,
  uidl          INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, uid)
) STRICT, WITHOUT ROWID;

-- Expunged messages: whole at first (QRESYNC, undelete, sessions that still see them), after retention only uid
-- and modseq, at last pruned. None of them counts for quota.
CREATE TABLE tombstone (
  mailbox_id    INTEGER NOT NULL REFERENCES mailbox,
  uid           INTEGER NOT NULL,
  modseq        INTEGER NOT NULL,                 -- of the expunge
  expunged_at   INTEGER NOT NULL,
  flags         INTEGER,
  kw0           INTEGER,
  kw1           INTEGER,
  kw2           INTEGER,
  kw3           INTEGER,
  size          INTEGER,
  internal_at   INTEGER,
  internal_zone INTEGER,
  saved_at      INTEGER,
  email_id      INTEGER,                          -- NULL once shrunk
  uidl          INTEGER,
  PRIMARY KEY (mailbox_id, uid)
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstone_modseq ON tombstone (mailbox_id, modseq);
CREATE INDEX tombstone_whole ON tombstone (expunged_at) WHERE email_id IS NOT NULL;
CREATE INDEX tombstone_shrunk ON tombstone (expunged_at) WHERE email_id IS NULL;

-- Which thread a Message-ID belongs to, also of messages that are only referred to.
CREATE TABLE thread_ref (
  account_id INTEGER NOT NULL,
  msgid_hash BLOB    NOT NULL,                    -- first 16 octets of SHA-256
  thread_id  INTEGER NOT NULL,
  PRIMARY KEY (account_id, msgid_hash)
) STRICT, WITHOUT ROWID;
