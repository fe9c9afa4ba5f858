-- IMAP capabilities that an account is not offered, by name; what needs one of them goes with it and is not named here.
CREATE TABLE capability_off (
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  name       TEXT    NOT NULL,
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;
