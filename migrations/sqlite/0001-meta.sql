-- Counters and marks of the whole database.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES
  ('uidvalidity', 0),   -- the last one given: the next is max(seconds, last + 1)
  ('restored', 0);      -- 1: the file is a restored copy, its first start gives every mailbox a new UIDVALIDITY
