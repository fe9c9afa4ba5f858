-- Annotations of mailboxes (RFC 5464). They go with the mailbox, not with its name.
CREATE TABLE mailbox_metadata (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
  account_id INTEGER NOT NULL,                    -- whose own it is (/private/…); 0: /shared/…
  name       TEXT    NOT NULL COLLATE NOCASE,     -- spelt as when it was first set
  charged_id INTEGER NOT NULL,                    -- the account in whose bounds it counts
  size       INTEGER NOT NULL,                    -- octets of the value
  value      BLOB    NOT NULL,
  PRIMARY KEY (mailbox_id, account_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX mailbox_metadata_charged ON mailbox_metadata (charged_id, size);

-- Annotations of the server that only one account sees.
CREATE TABLE account_metadata (
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  name       TEXT    NOT NULL COLLATE NOCASE,
  size       INTEGER NOT NULL,
  value      BLOB    NOT NULL,
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;
