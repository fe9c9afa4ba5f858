CREATE TABLE domain (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT    NOT NULL UNIQUE,           -- lower-case A-labels
  created_at INTEGER NOT NULL                   -- all times: milliseconds since 1970
) STRICT;

-- Narrow: every delivery writes this row.
CREATE TABLE account (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  modseq        INTEGER NOT NULL DEFAULT 1,     -- the last one given; one counter for all mailboxes of the account
  next_uidl     INTEGER NOT NULL DEFAULT 1,
  used_octets   INTEGER NOT NULL DEFAULT 0,
  used_messages INTEGER NOT NULL DEFAULT 0,
  quota         INTEGER,                        -- octets; NULL: no limit
  enabled       INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  created_at    INTEGER NOT NULL,
  last_login_at INTEGER,
  removed_at    INTEGER                         -- nobody sees it any more; its mail is being freed in steps
) STRICT;

CREATE INDEX account_removed ON account (id) WHERE removed_at IS NOT NULL;

-- One table for both kinds, so that no address is ever an account and an alias.
CREATE TABLE address (
  domain_id  INTEGER NOT NULL REFERENCES domain,
  local_key  TEXT    NOT NULL,                  -- NFC, lower case: what is compared
  local_part TEXT    NOT NULL,                  -- as added: what is shown
  kind       TEXT    NOT NULL CHECK (kind IN ('account', 'alias')),
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  PRIMARY KEY (domain_id, local_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX address_account ON address (account_id);
CREATE UNIQUE INDEX address_main ON address (account_id) WHERE kind = 'account';

CREATE TABLE credential (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id   INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  kind         TEXT    NOT NULL CHECK (kind IN ('main', 'app')),
  label        TEXT,                            -- what its owner calls an app password
  argon2       TEXT    NOT NULL,                -- PHC string
  scram256     TEXT,                            -- verifiers, only where the administrator wants SCRAM
  scram1       TEXT,
  protocols    TEXT,                            -- separated by spaces; NULL: all
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  last_used_at INTEGER
) STRICT;

CREATE INDEX credential_account ON credential (account_id);
CREATE UNIQUE INDEX credential_main ON credential (account_id) WHERE kind = 'main';
