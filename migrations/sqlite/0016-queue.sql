-- The outbound queue. What is due in a lane – what one account sends to one domain – is found by keys alone, however much waits.
INSERT INTO meta VALUES ('queue-epoch', 0);       -- of the process that has the database open: names its attempts

DROP INDEX queue_entry_queue;
ALTER TABLE queue_entry RENAME TO queue_entry_0006;

CREATE TABLE queue_entry (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  queue_id   TEXT    NOT NULL REFERENCES acceptance,
  account_id INTEGER NOT NULL,                    -- 0: nobody submitted it
  domain     TEXT    NOT NULL,
  rank       INTEGER NOT NULL,                    -- minus the priority: the lowest goes first
  due_at     INTEGER NOT NULL,                    -- while an attempt runs: the end of its lease, so that what is lost comes due by itself
  held       INTEGER NOT NULL CHECK (held IN (0, 1)),
  attempt    INTEGER,                             -- the one that was claimed last and has not been settled
  attempts   INTEGER NOT NULL DEFAULT 0,
  queued_at  INTEGER NOT NULL,
  delay_told INTEGER NOT NULL DEFAULT 0 CHECK (delay_told IN (0, 1)),
  recipient  TEXT    NOT NULL,
  original   TEXT,                                -- of a redirected one: what reports say
  notify     TEXT,                                -- separated by commas; NULL: not given
  orcpt      TEXT,
  status     TEXT,                                -- these three: what the last attempt was told
  diagnosis  TEXT,
  peer       TEXT
) STRICT;

CREATE INDEX queue_entry_queue ON queue_entry (queue_id);
CREATE INDEX queue_entry_lane ON queue_entry (account_id, domain, rank, due_at) WHERE held = 0;
CREATE INDEX queue_entry_attempt ON queue_entry (attempt) WHERE attempt IS NOT NULL;
CREATE INDEX queue_entry_held ON queue_entry (id) WHERE held = 1;
CREATE INDEX queue_entry_deferred ON queue_entry (attempts) WHERE attempts > 0;

-- The domain is what stands after the last at sign.
INSERT INTO queue_entry (id, queue_id, account_id, domain, rank, due_at, held, queued_at, recipient, notify, orcpt)
  SELECT q.id, q.queue_id, ifnull(a.account_id, 0), lower(replace(q.recipient, rtrim(q.recipient, replace(q.recipient, '@', '')), '')), 0,
    q.queued_at, 0, q.queued_at, q.recipient, q.notify, q.orcpt
  FROM queue_entry_0006 AS q JOIN acceptance AS a USING (queue_id);

DROP TABLE queue_entry_0006;

-- Lanes in which something waits that is not held, each with the time of its earliest entry.
CREATE TABLE queue_lane (
  account_id INTEGER NOT NULL,
  domain     TEXT    NOT NULL,
  due_at     INTEGER NOT NULL,
  PRIMARY KEY (account_id, domain)
) STRICT, WITHOUT ROWID;

CREATE INDEX queue_lane_due ON queue_lane (account_id, due_at);

INSERT INTO queue_lane SELECT account_id, domain, min(due_at) FROM queue_entry GROUP BY account_id, domain;

-- Lines of reports that senders are owed, until a report is accepted that carries them.
CREATE TABLE queue_report (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  queue_id    TEXT    NOT NULL REFERENCES acceptance,
  recipient   TEXT    NOT NULL,
  notify      TEXT,
  orcpt       TEXT,
  action      TEXT    NOT NULL CHECK (action IN ('delivered', 'relayed', 'failed', 'delayed')),
  at          INTEGER NOT NULL,
  status      TEXT    NOT NULL,
  diagnosis   TEXT    NOT NULL,
  peer        TEXT,
  retry_until INTEGER
) STRICT;

CREATE INDEX queue_report_queue ON queue_report (queue_id);

ALTER TABLE acceptance ADD COLUMN message_id TEXT;   -- without its angle brackets, an octet per character; NULL: none

-- Finds acceptances by sender, recipient or Message-ID. Hour by hour, so that what is written together stands together, and goes together.
CREATE TABLE trace_key (
  hour     INTEGER NOT NULL,                      -- since 1970
  hash     INTEGER NOT NULL,                      -- first 48 bits of SHA-256 of what is looked for, in lower case
  queue_id TEXT    NOT NULL,
  PRIMARY KEY (hour, hash, queue_id)
) STRICT, WITHOUT ROWID;
