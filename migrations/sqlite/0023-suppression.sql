-- Addresses elsewhere that failed for good, and those that an administrator entered. What follows from it is decided when it is read.
CREATE TABLE suppression (
  address    TEXT    PRIMARY KEY,                 -- lower case, domain in A-labels
  failures   INTEGER NOT NULL DEFAULT 0,          -- messages, since one was taken
  first_at   INTEGER,
  last_at    INTEGER,
  queue_id   TEXT,                                -- of the last of them
  reported   INTEGER NOT NULL DEFAULT 0 CHECK (reported IN (0, 1)),   -- the last was taken at first, and reported later
  status     TEXT,                                -- these three: what was said of it
  diagnosis  TEXT,
  peer       TEXT,
  entered_at INTEGER,                             -- by an administrator; NULL: nobody did
  note       TEXT,
  until      INTEGER                              -- of what was entered; NULL: for good
) STRICT, WITHOUT ROWID;

CREATE INDEX suppression_last ON suppression (last_at) WHERE entered_at IS NULL;
CREATE INDEX suppression_until ON suppression (until) WHERE until IS NOT NULL;
