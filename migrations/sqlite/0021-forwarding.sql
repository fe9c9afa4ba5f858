-- Mail that goes on to other addresses: all of an account's, or what comes to a group, an address that is no account's own.
CREATE TABLE forwarding (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER UNIQUE REFERENCES account ON DELETE CASCADE,   -- NULL: a group, with the address below
  domain_id  INTEGER REFERENCES domain,
  local_key  TEXT,                              -- as in address; never one of an account, an alias or who has moved: the writer looks
  local_part TEXT,
  keep       INTEGER NOT NULL CHECK (keep IN (0, 1)),   -- a copy stays in the account
  told       INTEGER NOT NULL CHECK (told IN (0, 1)),   -- senders are told where it goes (251)
  UNIQUE (domain_id, local_key),
  CHECK ((account_id IS NULL) = (domain_id IS NOT NULL AND local_key IS NOT NULL AND local_part IS NOT NULL))
) STRICT;

CREATE TABLE forwarding_target (
  forwarding_id INTEGER NOT NULL REFERENCES forwarding ON DELETE CASCADE,
  address_key   TEXT    NOT NULL,               -- the local part as in address, and the domain as A-labels
  address       TEXT    NOT NULL,               -- as it was given, its domain as A-labels: ours or another's
  PRIMARY KEY (forwarding_id, address_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX forwarding_target_address ON forwarding_target (address_key);

-- What some recipients of a message get in place of what was accepted: under another sender, with fields of its own in front.
CREATE TABLE queue_copy (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  queue_id  TEXT    NOT NULL REFERENCES acceptance ON DELETE CASCADE,
  mail_from TEXT    NOT NULL,
  prefix    BLOB    NOT NULL,
  own       INTEGER NOT NULL CHECK (own IN (0, 1)),     -- a message of this server's people: signed as such
  domain    TEXT,                               -- in whose name the results of its arrival are sealed (ARC); NULL: they are not
  results   TEXT,
  chain     TEXT CHECK (chain IN ('none', 'pass', 'fail'))
) STRICT;

CREATE INDEX queue_copy_queue ON queue_copy (queue_id);

ALTER TABLE queue_entry ADD COLUMN copy_id INTEGER;     -- of queue_copy; NULL: the message as it was accepted
