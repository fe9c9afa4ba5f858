-- Fewer pages a delivery: each that changes is written whole, and each of these had some of its own.

-- What an older program has rendered is looked for after an upgrade, blob by blob, until nothing is left.
DROP INDEX rendered_version;
INSERT INTO meta VALUES ('rendered-version', 0);  -- nothing that is rendered is of an earlier one

-- Queue ids begin with the time at which they were minted, and are found by it.
DROP INDEX acceptance_received;

-- What became of a message as it was accepted, in its own row; what comes later is in trace_event.
ALTER TABLE acceptance ADD COLUMN accepted_at INTEGER;                 -- NULL: all of it is in trace_event
ALTER TABLE acceptance ADD COLUMN events TEXT NOT NULL DEFAULT '[]';   -- JSON: [[event, recipient, detail], …]

-- Hashes stand anywhere in their hour, which has many pages where there is much mail. In a slot they stand together.
ALTER TABLE trace_key RENAME TO trace_key_0016;
CREATE TABLE trace_key (
  slot     INTEGER NOT NULL,                      -- the time when it began: keys of an hour at most, and some dozens
  hash     INTEGER NOT NULL,                      -- first 48 bits of SHA-256 of what is looked for, in lower case
  queue_id TEXT    NOT NULL,
  PRIMARY KEY (slot, hash, queue_id)
) STRICT, WITHOUT ROWID;
INSERT INTO trace_key SELECT hour * 3600000, hash, queue_id FROM trace_key_0016;
DROP TABLE trace_key_0016;
