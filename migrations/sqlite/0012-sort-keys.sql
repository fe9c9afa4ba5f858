-- What SORT and THREAD compare messages by, made with `rendered` and made again with it. Apart from it, so that the keys of a
-- large mailbox stand close together; a row that is missing is rendered when it is asked for.
CREATE TABLE sort_key (
  blob_id      INTEGER PRIMARY KEY,
  version      INTEGER NOT NULL,
  sent         INTEGER,                         -- NULL: the Date field cannot be read
  is_reply     INTEGER NOT NULL CHECK (is_reply IN (0, 1)),
  subject      TEXT    NOT NULL,                -- texts: casemapped (RFC 5051), first addresses only
  from_mailbox TEXT    NOT NULL,
  to_mailbox   TEXT    NOT NULL,
  cc_mailbox   TEXT    NOT NULL,
  from_display TEXT    NOT NULL,
  to_display   TEXT    NOT NULL,
  ancestry     BLOB    NOT NULL                 -- first 16 octets of SHA-256 of the Message-ID, zeros without one; then of each of References
) STRICT;
