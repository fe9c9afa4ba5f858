-- One row for each message answered with 250, with what its envelope asked for (RFC 3461, RFC 8689).
CREATE TABLE acceptance (
  queue_id       TEXT    PRIMARY KEY,
  mail_from      TEXT    NOT NULL,
  ret            TEXT CHECK (ret IN ('FULL', 'HDRS')),
  envid          TEXT,
  require_tls    INTEGER NOT NULL DEFAULT 0,
  body           TEXT,
  smtp_utf8      INTEGER NOT NULL DEFAULT 0,
  protocol       TEXT    NOT NULL,
  remote_address TEXT,
  helo_name      TEXT,
  account_id     INTEGER,                         -- who logged in
  received_at    INTEGER NOT NULL,
  received_zone  INTEGER NOT NULL,
  size           INTEGER NOT NULL,
  blob_id        INTEGER                          -- counts in blob.refs; there while recipients are queued
) STRICT, WITHOUT ROWID;

CREATE INDEX acceptance_received ON acceptance (received_at);

CREATE TABLE trace_event (
  queue_id  TEXT    NOT NULL REFERENCES acceptance ON DELETE CASCADE,
  seq       INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  event     TEXT    NOT NULL,
  recipient TEXT    NOT NULL,
  detail    TEXT    NOT NULL,
  PRIMARY KEY (queue_id, seq)
) STRICT, WITHOUT ROWID;

-- Recipients elsewhere that wait for the outbound queue.
CREATE TABLE queue_entry (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  queue_id  TEXT    NOT NULL REFERENCES acceptance,
  recipient TEXT    NOT NULL,
  notify    TEXT,                                 -- separated by commas; NULL: not given
  orcpt     TEXT,
  queued_at INTEGER NOT NULL
) STRICT;

CREATE INDEX queue_entry_queue ON queue_entry (queue_id);
