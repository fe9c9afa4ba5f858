CREATE TABLE mailbox (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,   -- never reused: MAILBOXID
  account_id       INTEGER NOT NULL REFERENCES account,
  name             TEXT,                                -- NFC, '/' between levels; NULL: deleted, its mail is being freed in steps
  uidvalidity      INTEGER NOT NULL,
  uidnext          INTEGER NOT NULL DEFAULT 1,
  special_use      TEXT,
  seen_mode        TEXT    NOT NULL DEFAULT 'owner' CHECK (seen_mode IN ('owner', 'reader')),   -- whose \Seen a shared mailbox shows
  messages         INTEGER NOT NULL DEFAULT 0,
  unseen           INTEGER NOT NULL DEFAULT 0,
  deleted          INTEGER NOT NULL DEFAULT 0,
  deleted_size     INTEGER NOT NULL DEFAULT 0,
  size             INTEGER NOT NULL DEFAULT 0,
  highest_modseq   INTEGER NOT NULL,
  pruned_modseq    INTEGER NOT NULL DEFAULT 0,          -- expunges up to here may be forgotten
  first_recent_uid INTEGER NOT NULL DEFAULT 1,
  created_at       INTEGER NOT NULL,
  UNIQUE (account_id, name)
) STRICT;

CREATE INDEX mailbox_deleted ON mailbox (id) WHERE name IS NULL;

-- Subscriptions outlive their mailbox (RFC 9051 section 6.3.7), so they hold a name and not a mailbox id.
CREATE TABLE subscription (
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  name       TEXT    NOT NULL,
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;

-- Bit n of a message's kw0 … kw3 is the keyword with bit = n.
CREATE TABLE mailbox_keyword (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
  bit        INTEGER NOT NULL CHECK (bit BETWEEN 0 AND 127),
  name       TEXT    NOT NULL COLLATE NOCASE,
  PRIMARY KEY (mailbox_id, bit),
  UNIQUE (mailbox_id, name)
) STRICT, WITHOUT ROWID;
