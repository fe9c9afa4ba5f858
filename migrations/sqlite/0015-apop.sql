-- The secret of an account that may log in to POP3 by APOP (RFC 1939 section 7), which needs the secret itself and no verifier: sealed by a
-- key that is not in the database.
CREATE TABLE apop_secret (
  account_id INTEGER PRIMARY KEY REFERENCES account ON DELETE CASCADE,
  sealed     BLOB    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
